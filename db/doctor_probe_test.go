package db_test

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"sextant/db"
)

func TestProbeOfTheServerItself(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.exec(t, `ALTER DATABASE `+value[string](t, b, `SELECT current_database()`)+` SET timezone = 'Asia/Seoul'`)
	p, err := b.Probe(t.Context())
	if err != nil || p.Proxy || p.Pooled || p.TimeZone != "Asia/Seoul" {
		t.Errorf("probe: %+v, %v", p, err)
	}
}

// A pooler that gives each transaction another server session is found, and one
// that gives each client a session of its own is told from it.
func TestProbeFindsPoolers(t *testing.T) {
	t.Parallel()
	for name, transactions := range map[string]bool{"by transaction": true, "by session": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := empty(t)
			d, err := db.Open(t.Context(), db.Config{URL: startPooler(t, b.url, transactions)})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			p, err := d.Probe(t.Context())
			if err != nil || !p.Proxy || p.Pooled != transactions {
				t.Errorf("probe: %+v, %v", p, err)
			}
		})
	}
}

// pooler stands between clients and a server as PgBouncer does: it answers the
// start itself, with a process id of its own making, and lends out server
// sessions, for a transaction or for as long as the client stays.
type pooler struct {
	t            *testing.T
	network      string
	address      string
	startup      *pgproto3.StartupMessage
	transactions bool
	idle         chan *pgproto3.Frontend
}

func startPooler(t *testing.T, target string, transactions bool) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	host, port := u.Query().Get("host"), u.Query().Get("port")
	if !strings.HasPrefix(host, "/") {
		t.Skip("the test's server has no unix socket that lets anybody in")
	}
	p := &pooler{t: t, network: "unix", address: host + "/.s.PGSQL." + port, transactions: transactions,
		startup: &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
			Parameters: map[string]string{"user": u.User.Username(), "database": strings.TrimPrefix(u.Path, "/")}},
		idle: make(chan *pgproto3.Frontend, 16)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return "postgres://" + u.User.Username() + "@127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port) + u.Path + "?sslmode=disable"
}

// borrow gives a server session: an idle one, or a new one.
func (p *pooler) borrow() (*pgproto3.Frontend, error) {
	select {
	case s := <-p.idle:
		return s, nil
	default:
	}
	c, err := net.Dial(p.network, p.address)
	if err != nil {
		return nil, err
	}
	p.t.Cleanup(func() { c.Close() })
	s := pgproto3.NewFrontend(c, c)
	s.Send(p.startup)
	if err := s.Flush(); err != nil {
		return nil, err
	}
	for {
		m, err := s.Receive()
		if err != nil {
			return nil, err
		}
		if _, ready := m.(*pgproto3.ReadyForQuery); ready {
			return s, nil
		}
	}
}

func (p *pooler) serve(c net.Conn) {
	defer c.Close()
	client := pgproto3.NewBackend(c, c)
	if _, err := client.ReceiveStartupMessage(); err != nil {
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	client.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	client.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	client.Send(&pgproto3.BackendKeyData{ProcessID: 4_000_000_000, SecretKey: []byte{1, 2, 3, 4}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	var server *pgproto3.Frontend
	for {
		m, err := client.Receive()
		if err != nil {
			return
		}
		if server == nil {
			if server, err = p.borrow(); err != nil {
				return
			}
		}
		server.Send(m)
		switch m.(type) {
		case *pgproto3.Terminate:
			return
		case *pgproto3.Query, *pgproto3.Sync:
		default:
			continue
		}
		if server.Flush() != nil {
			return
		}
		status, err := relay(server, client)
		if err != nil {
			return
		}
		if p.transactions && status == 'I' {
			p.idle <- server
			server = nil
		}
	}
}

// relay passes the server's answers on until it is ready for more.
func relay(server *pgproto3.Frontend, client *pgproto3.Backend) (status byte, err error) {
	for {
		m, err := server.Receive()
		if err != nil {
			return 0, err
		}
		client.Send(m)
		if r, ready := m.(*pgproto3.ReadyForQuery); ready {
			return r.TxStatus, client.Flush()
		}
	}
}
