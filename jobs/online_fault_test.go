package jobs_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
)

// finishAll lets each learner finish a session.
func (b *bench) finishAll(seed uint64, users []string) {
	b.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for _, u := range users {
		b.finish(r, u)
	}
}

// everyone requires that each session's learner has the θ a recompute gives, and
// that no session is left out.
func (b *bench) everyone(users []string) {
	b.Helper()
	b.served()
	b.fresh(users)
	unread := one[int](b, `SELECT count(*) FROM exam_results e WHERE status = 'ready' AND user_id = ANY ($1) AND created_at <= now()
		AND NOT EXISTS (SELECT FROM sextant.source_session s WHERE s.session_id = e.session_id AND s.updated_at = e.updated_at)`, users)
	if unread > 0 {
		b.Errorf("%d sessions were never read", unread)
	}
}

func TestOnlineSurvivesKill9(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	for seed := range uint64(2) {
		b.finishAll(seed, users[:50])
	}
	// The test holds the table, so that the child dies with the updates in hand.
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
	if _, err := tx.Exec(b.ctx, `LOCK TABLE public.mirt_ability IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SEXTANT_TEST_CHILD=online", "SEXTANT_TEST_URL="+b.url)
	var words strings.Builder
	cmd.Stderr = &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(t, "the child to have the updates in hand", func() bool { return b.waiters("public.mirt_ability") > 0 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if err := tx.Rollback(b.ctx); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(t, "the child's transaction to end", func() bool {
		return one[int](b, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sextant' AND state LIKE 'idle in%'`) == 0
	})
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE source = 'online'`); n != 0 {
		t.Fatalf("%d updates of the killed child (%s)", n, words.String())
	}
	b.online("heir")
	b.everyone(users[:50])
	b.exec(`UPDATE sextant.run SET heartbeat_at = now() - interval '2 minutes' WHERE actor = 'child' AND status = 'running'`)
	if lost, err := b.db.MarkLost(b.ctx); err != nil || len(lost) != 1 {
		t.Errorf("lost runs %v, %v", lost, err)
	}
}

// Two open transactions of one learner, and one that stays open for long: each
// is served once it commits.
func TestOnlineServesWhatCommitsLate(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.online("one")
	b.online("two")
	const insert = `INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
		SELECT gen_random_uuid(), $1, $2, 'ready', jsonb_build_object('questions',
			(SELECT jsonb_agg(jsonb_build_object('question_id', id, 'is_correct', id % 2 = 0, 'topic', topic_id)) FROM question)), now(), now()`
	var open []interface{ Commit(context.Context) error }
	for _, name := range []string{"a", "b"} {
		tx, err := b.sql.Begin(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
		if _, err := tx.Exec(b.ctx, insert, name, users[0]); err != nil {
			t.Fatal(err)
		}
		open = append(open, tx)
	}
	b.finishAll(9, users[1:10]) // meanwhile, and after them in the log
	b.everyone(users[1:10])
	var both sync.WaitGroup
	for _, tx := range open {
		both.Go(func() {
			if err := tx.Commit(b.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	b.everyone(users[:10])
	if n := one[int](b, `SELECT count(*) FROM sextant.answer WHERE session_id IN ('a', 'b')`); n != 120 {
		t.Errorf("%d answers of the late sessions, want 120", n)
	}
}

func TestOnlineTakesALongLogAtStartUp(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.finishAll(11, users)
	b.exec(`INSERT INTO sextant.change (source, op, session_id, user_id)
		SELECT 'exam_results', 'update', session_id, user_id FROM exam_results, generate_series(1, 100000 / (SELECT count(*)::int FROM exam_results) + 1)`)
	if n := one[int](b, `SELECT count(*) FROM sextant.change`); n < 100_000 {
		t.Fatalf("%d changes wait", n)
	}
	b.online("one")
	b.everyone(users)
}

// Whatever the database does to its connections, the worker goes on.
func TestOnlineSurvivesLostConnections(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.onlineFrom(db.Config{URL: b.url, Application: "shaky"})
	r := rand.New(rand.NewPCG(13, 1))
	for i, u := range users[:40] {
		b.finish(r, u)
		if i%10 == 5 {
			b.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'shaky'`)
		}
	}
	b.everyone(users[:40])
}

// A network that stops forwarding, in the middle of updates, holds nobody up
// for longer than it lasts.
func TestOnlineSurvivesACutLine(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	p := newProxy(t, b.url)
	b.onlineFrom(db.Config{URL: p.url})
	b.finishAll(15, users[:10])
	b.served()
	p.cut()
	b.finishAll(17, users[10:40])
	p.hangUp() // the line's ends learn of it at last
	p.restore()
	b.everyone(users[:40])
}

// onlineFrom starts a worker with a pool of its own.
func (b *bench) onlineFrom(c db.Config) {
	b.Helper()
	d, err := db.Open(b.ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	r := newRunner(d, b.log)
	r.Clock = time.Now
	b.onlineOn(r, "far")
}

// proxy forwards TCP connections to the test's server until it is cut.
type proxy struct {
	url    string
	target string
	mu     sync.Mutex
	block  chan struct{} // closed: traffic flows
	conns  []net.Conn
}

func newProxy(t *testing.T, database string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{block: make(chan struct{})}
	close(p.block)
	q := u.Query()
	if host := q.Get("host"); strings.HasPrefix(host, "/") {
		port := q.Get("port")
		if port == "" {
			port = "5432"
		}
		p.target = host + "/.s.PGSQL." + port
	} else {
		p.target = u.Host
	}
	q.Del("host")
	q.Del("port")
	u.RawQuery, u.Host = q.Encode(), l.Addr().String()
	p.url = u.String()
	t.Cleanup(func() { _ = l.Close(); p.hangUp() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			network := "tcp"
			if strings.HasPrefix(p.target, "/") {
				network = "unix"
			}
			s, err := net.Dial(network, p.target)
			if err != nil {
				_ = c.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, c, s)
			p.mu.Unlock()
			go p.forward(s, c)
			go p.forward(c, s)
		}
	}()
	return p
}

func (p *proxy) forward(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		flows := p.block
		p.mu.Unlock()
		<-flows
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.block = make(chan struct{})
}

func (p *proxy) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.block)
}

func (p *proxy) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}
