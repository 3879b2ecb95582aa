package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// fails words what the service, or the way to it, did not do. The SDK has tried
// again by then where that could help.
func (s *s3Store) fails(ctx context.Context, right string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Cause(ctx)
	}
	e := &Error{Store: s.where, Down: true, Err: err}
	var api smithy.APIError
	status := statusOf(err)
	switch {
	case errors.As(err, &api):
		e.What, e.Down = s.refusal(api, status, right)
	case status != 0:
		e.What = fmt.Sprintf("answered %d %s", status, http.StatusText(status))
	default:
		e.What = s.unanswered(err)
	}
	return e
}

// refusal words an answer that says no, and says whether it would meet every
// object. A HEAD's has no words of its own, only a status.
func (s *s3Store) refusal(api smithy.APIError, status int, right string) (what string, down bool) {
	switch code := api.ErrorCode(); {
	case code == "NoSuchBucket", code == "NotFound" && right == "s3:ListBucket":
		return "there is no such bucket: create it, or correct --s3-bucket (S3_BUCKET)", true
	case code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch", code == "ExpiredToken", code == "InvalidToken":
		return fmt.Sprintf("refuses these credentials (%s): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or whatever else of the AWS credential chain holds them", code), true
	case code == "RequestTimeTooSkewed":
		return "refuses this machine's time (RequestTimeTooSkewed): set the clock", true
	case code == "PermanentRedirect", code == "AuthorizationHeaderMalformed", code == "IllegalLocationConstraintException", status == http.StatusMovedPermanently:
		return fmt.Sprintf("the bucket is in another region (%s): give its own with --s3-region, or AWS_REGION", code), true
	case status == http.StatusForbidden:
		return fmt.Sprintf("refused (%s): these credentials lack %s there, or are wrong", code, right), true
	case code == "QuotaExceeded", code == "XMinioStorageFull", status == http.StatusInsufficientStorage:
		return fmt.Sprintf("is full (%s): make room and run again", code), true
	case status >= http.StatusInternalServerError, status == http.StatusTooManyRequests:
		return fmt.Sprintf("fails (%s), and did so %d times: run again when it is well", code, s.tries), true
	default:
		return fmt.Sprintf("does not take the object (%s: %s)", code, oneLine(api.ErrorMessage())), false
	}
}

// unanswered words a request that no answer came to.
func (s *s3Store) unanswered(err error) string {
	text := oneLine(err.Error())
	var timeout net.Error
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case strings.Contains(text, "get credentials"), strings.Contains(text, "get identity"), strings.Contains(text, "failed to refresh cached credentials"):
		return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile (AWS_PROFILE) or a role"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("did not answer within %s, %d times; check the way there, and run again", s.settings.Timeout, s.tries)
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s is not known; check --s3-endpoint and the bucket's name, or use --s3-path-style", dns.Name)
	case errors.As(err, &op):
		return fmt.Sprintf("cannot be reached (%s); check that it runs and --s3-endpoint", op.Err)
	}
	if i := strings.LastIndex(text, "request send failed, "); i >= 0 {
		text = text[i+len("request send failed, "):]
	}
	return fmt.Sprintf("the connection broke (%s); run again when it is well", text)
}

// statusOf is the status of the answer, or 0 without one.
func statusOf(err error) int {
	var r *awshttp.ResponseError
	if errors.As(err, &r) && r.Response != nil {
		return r.HTTPStatusCode()
	}
	return 0
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
