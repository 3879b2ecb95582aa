package report

import (
	"bytes"
	"testing"
)

// BenchmarkPDF is one learner's PDF, from the document to the bytes.
func BenchmarkPDF(b *testing.B) {
	fonts := testFonts(b)
	doc := richDocument()
	for _, l := range Languages {
		b.Run(string(l), func(b *testing.B) {
			size := 0
			for b.Loop() {
				var out bytes.Buffer
				if err := PDF(&out, fonts, doc, Variant{Learner, l}, Draw(fonts, doc, l)); err != nil {
					b.Fatal(err)
				}
				size = out.Len()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
			b.ReportMetric(float64(size)/1024, "KB")
		})
	}
}

func BenchmarkFigures(b *testing.B) {
	fonts := testFonts(b)
	doc := richDocument()
	for b.Loop() {
		Draw(fonts, doc, Korean)
	}
}
