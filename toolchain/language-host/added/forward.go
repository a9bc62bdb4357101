package main

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// laterMethods are those of the engine's resource monitor that came after this version of the language host, and that
// programs of this project call.
var laterMethods = []string{"RegisterResourceHook"}

// registerMonitor serves a program what the engine's resource monitor offers: the methods that this version of the
// language host knows, and the later ones as they are.
func registerMonitor(server *grpc.Server, engine *grpc.ClientConn, known *monitorProxy) {
	service := pulumirpc.ResourceMonitor_ServiceDesc
	service.Methods = append([]grpc.MethodDesc{}, service.Methods...)
	for _, name := range laterMethods {
		service.Methods = append(service.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler:    forward(engine, "/"+service.ServiceName+"/"+name),
		})
	}
	server.RegisterService(&service, known)
}

type handler = func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error)

// forward passes a call on without knowing its messages: an empty message keeps the fields that it does not know.
func forward(engine *grpc.ClientConn, method string) handler {
	return func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request, answer := new(emptypb.Empty), new(emptypb.Empty)
		if err := decode(request); err != nil {
			return nil, err
		}
		return answer, engine.Invoke(ctx, method, request, answer)
	}
}
