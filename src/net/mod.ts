export { type CallOptions, describeMessages, type GrpcClient, GrpcError, grpcClient, type Messages } from "./grpc.ts";
export { connectSpdy, headerBlock, type SpdyConnection, type SpdyStream, type SpdyStreamEvents } from "./spdy.ts";
