export {
  type CallOptions,
  describeMessages,
  type GrpcClient,
  GrpcError,
  type GrpcTarget,
  type GrpcTls,
  grpcClient,
  type Messages,
} from "./grpc.ts";
export { type GrpcPortOptions, GrpcRefusal, type GrpcStream, openGrpcPort, type PortMethod } from "./grpc-port.ts";
export { type GrpcMethod, serveGrpc } from "./grpc-server.ts";
export { join } from "./join.ts";
export { connectSpdy, headerBlock, type SpdyConnection, type SpdyStream, type SpdyStreamEvents } from "./spdy.ts";
export { askUpgrade, textOf, type UpgradeAnswer, type UpgradeRequest } from "./upgrade.ts";
export { acceptWebSocket, bytesOf, pacedSender, subprotocolsOf, type UpgradeOffer, type WebSocket, wantsWebSocket } from "./websocket.ts";
