package report

import "io"

// Figures are the figures of one document and variant, by name; one that the
// page does not show need not be there.
type Figures map[FigureName]Figure

// Figure is a drawing that was recorded once and is played back in each format.
type Figure interface {
	// SVG writes the drawing as one svg element to stand in a page: with a
	// viewBox, role="img", and title and description as its accessible name. Ids in
	// it begin with prefix, since several figures share the page.
	SVG(w io.Writer, prefix, title, description string) error
}
