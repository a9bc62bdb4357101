package main

import (
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// Where the engine puts `runtime.options` of Pulumi.yaml since it starts the language host without flags: fields of
// RunRequest and of its ProgramInfo that this version does not know.
const (
	infoOfRunRequest     protowire.Number = 14
	optionsOfProgramInfo protowire.Number = 4
)

// withOptions is the host with the options of the project that the request is for.
func (host *nodeLanguageHost) withOptions(req *pulumirpc.RunRequest) *nodeLanguageHost {
	info := field(req.ProtoReflect().GetUnknown(), infoOfRunRequest)
	options := new(structpb.Struct)
	if err := proto.Unmarshal(field(info, optionsOfProgramInfo), options); err != nil {
		return host
	}
	changed := *host
	values := options.AsMap()
	if typescript, ok := values["typescript"].(bool); ok {
		changed.typescript = typescript
	}
	if tsconfig, ok := values["tsconfig"].(string); ok {
		changed.tsconfigpath = tsconfig
	}
	if nodeargs, ok := values["nodeargs"].(string); ok {
		changed.nodeargs = nodeargs
	}
	return &changed
}

// field is the message in a field of another message; empty where that has none.
func field(message []byte, wanted protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil
		}
		length := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if length < 0 {
			return nil
		}
		if number == wanted && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message[tag:])
			return value
		}
		message = message[tag+length:]
	}
	return nil
}
