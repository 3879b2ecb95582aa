package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3Settings are a bucket and how it is reached. What is empty here comes from
// where the AWS command line would take it.
type S3Settings struct {
	Bucket    string
	Region    string
	Endpoint  string // of what speaks S3 and is not AWS
	PathStyle bool   // the bucket in the path instead of in the host's name
	SSE       string // server-side encryption: AES256 or aws:kms; empty: the bucket's own
	SSEKey    string // id of the KMS key
	Getenv    func(string) string
	Timeout   time.Duration // of one try; 10 s when 0
	Tries     int           // AWS_MAX_ATTEMPTS, else 4, when 0
}

const (
	s3Within   = 10 * time.Second
	s3Tries    = 4
	s3Connect  = 5 * time.Second
	s3MaxPause = 5 * time.Second // between tries
)

// CheckEndpoint says what is wrong with an address, without repeating it: it may
// hold a secret.
func CheckEndpoint(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "":
		return errors.New("it is no address of the form https://HOST:PORT")
	case u.User != nil:
		return errors.New("a user or password does not belong into the address; use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return nil
}

// Check says what is wrong with the settings, without asking the service.
func (s S3Settings) Check() error {
	if s.Endpoint != "" {
		if err := CheckEndpoint(s.Endpoint); err != nil {
			return fmt.Errorf("s3-endpoint: %w", err)
		}
	}
	if s.SSEKey != "" && s.SSE != string(types.ServerSideEncryptionAwsKms) {
		return errors.New("s3-sse-key: a KMS key goes with --s3-sse aws:kms")
	}
	return nil
}

// s3Store keeps objects in a bucket.
type s3Store struct {
	client   *s3.Client
	settings S3Settings
	tries    int
	where    string // for people: the bucket and, where it is not AWS, the address
}

func openS3(ctx context.Context, s S3Settings) (*s3Store, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if s.Timeout == 0 {
		s.Timeout = s3Within
	}
	st := &s3Store{settings: s, tries: s.Tries, where: "S3 bucket " + s.Bucket}
	if n, err := strconv.Atoi(s.getenv("AWS_MAX_ATTEMPTS")); err == nil && n > 0 && st.tries == 0 {
		st.tries = n
	}
	st.tries = cmp.Or(st.tries, s3Tries)
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(s.Timeout).WithDialerOptions(func(d *net.Dialer) { d.Timeout = s3Connect }).
			WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = st.tries, s3MaxPause })
		}),
	}
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if id := s.getenv("AWS_ACCESS_KEY_ID"); id != "" { // what the chain begins with, from the environment we were given
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(id, s.getenv("AWS_SECRET_ACCESS_KEY"), s.getenv("AWS_SESSION_TOKEN"))))
	}
	conf, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("%s: read the AWS configuration: %w", st.where, err)
	}
	if conf.Region == "" {
		if s.Endpoint == "" {
			return nil, fmt.Errorf("%s: in which region? give --s3-region, or set AWS_REGION", st.where)
		}
		conf.Region = "us-east-1" // what speaks S3 without regions calls its own so
	}
	st.client = s3.NewFromConfig(conf, func(o *s3.Options) {
		o.UsePathStyle = s.PathStyle
		if s.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.Endpoint)
		}
	})
	if s.Endpoint != "" {
		st.where += " at " + strings.TrimSuffix(s.Endpoint, "/")
	}
	return st, nil
}

func (s S3Settings) getenv(name string) string {
	if s.Getenv == nil {
		return ""
	}
	return s.Getenv(name)
}

func (s *s3Store) String() string { return s.where }

// Put sends an object with its checksum, by which the service refuses one that
// was harmed on its way; it takes the old one's place only when it is whole.
func (s *s3Store) Put(ctx context.Context, o Object) error {
	sum := sha256.Sum256(o.Body)
	in := &s3.PutObjectInput{
		Bucket: &s.settings.Bucket, Key: &o.Key, Body: bytes.NewReader(o.Body),
		ContentType: &o.ContentType, ContentDisposition: aws.String("inline"), CacheControl: aws.String("private, no-cache"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		ServerSideEncryption: types.ServerSideEncryption(s.settings.SSE),
	}
	if s.settings.SSEKey != "" {
		in.SSEKMSKeyId = &s.settings.SSEKey
	}
	_, err := s.client.PutObject(ctx, in)
	return s.fails(ctx, "s3:PutObject", err)
}

// Delete removes an object.
func (s *s3Store) Delete(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.settings.Bucket, Key: &key})
	return s.fails(ctx, "s3:DeleteObject", err)
}

// URL is the object's.
func (s *s3Store) URL(key string) string { return "s3://" + s.settings.Bucket + "/" + key }

// MostLink is the longest that S3 lets a link be good for.
const MostLink = 7 * 24 * time.Hour

// Link signs a URL that lets whoever has it read the object for some time.
func (s *s3Store) Link(ctx context.Context, key string, within time.Duration) (string, error) {
	signed, err := s3.NewPresignClient(s.client).PresignGetObject(ctx,
		&s3.GetObjectInput{Bucket: &s.settings.Bucket, Key: &key}, s3.WithPresignExpires(within))
	if err != nil {
		return "", s.fails(ctx, "s3:GetObject", err)
	}
	return signed.URL, nil
}

// Signs is true: a link is a signature that runs out.
func (s *s3Store) Signs() bool { return true }

// Check asks for the bucket.
func (s *s3Store) Check(ctx context.Context) error {
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.settings.Bucket})
	return s.fails(ctx, "s3:ListBucket", err)
}
