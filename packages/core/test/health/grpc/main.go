// A real gRPC server for the tests of the `grpc` check. Prints its ports as JSON, and ends with its standard input.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// Listens on a free port of the loopback.
func serve(withHealth bool, options ...grpc.ServerOption) int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(options...)
	if withHealth {
		checks := health.NewServer()
		checks.SetServingStatus("shop.Cart", grpc_health_v1.HealthCheckResponse_SERVING)
		checks.SetServingStatus("shop.Broken", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		checks.SetServingStatus("shop.New", grpc_health_v1.HealthCheckResponse_UNKNOWN)
		grpc_health_v1.RegisterHealthServer(server, checks)
	}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().(*net.TCPAddr).Port
}

func answering(answer func(context.Context) error) grpc.ServerOption {
	return grpc.UnaryInterceptor(func(ctx context.Context, _ any, _ *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
		return nil, answer(ctx)
	})
}

// Usage: server <certificate> <key>
func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	ports := map[string]int{
		"health": serve(true),
		"bare":   serve(false),
		"tls":    serve(true, grpc.Creds(credentials.NewServerTLSFromCert(&pair))),
		"silent": serve(true, answering(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})),
		"failing": serve(true, answering(func(context.Context) error {
			return status.Error(codes.Unavailable, "the database is away: 50 % of\nits password=hunter2hunter2")
		})),
	}
	if err := json.NewEncoder(os.Stdout).Encode(ports); err != nil {
		panic(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
