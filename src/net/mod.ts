export { type CallOptions, describeMessages, type GrpcClient, GrpcError, grpcClient, type Messages } from "./grpc.ts";
