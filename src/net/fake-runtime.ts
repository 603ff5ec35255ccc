/** A runtime's streaming server for tests: takes SPDY streams as moby's spdystream does, which drops data of a stream without a reply. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface FakeConnection {
  socket: Socket;
  /** Streams asked for and not yet answered, in order. */
  asked: number[];
  reply(id: number): void;
  refuse(id: number): void;
  /** False: the reader is behind. */
  send(id: number, data: string | Buffer, fin?: boolean): boolean;
  /** What came on a stream after its reply. */
  received: Map<number, Buffer[]>;
  ended: Set<number>;
}

export interface FakeRuntime {
  url: URL;
  connections: FakeConnection[];
  /** Run for each stream that is asked for. Without it nothing is answered. */
  onStream(run: (id: number, connection: FakeConnection) => void): void;
  close(): Promise<void>;
}

export async function fakeRuntime(): Promise<FakeRuntime> {
  const connections: FakeConnection[] = [];
  let onStream = (_id: number, _connection: FakeConnection): void => {};
  const server: Server = createServer();
  server.on("upgrade", (_request, socket: Duplex) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\n");
    connections.push(serve(socket as Socket, (id, connection) => onStream(id, connection)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/exec/token`),
    connections,
    onStream: (run) => {
      onStream = run;
    },
    close: () => {
      for (const { socket } of connections) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, onStream: (id: number, connection: FakeConnection) => void): FakeConnection {
  const replied = new Set<number>();
  const control = (kind: number, id: number, more = 0) => {
    const frame = Buffer.alloc(12 + more);
    frame.writeUInt16BE(0x8003, 0);
    frame.writeUInt16BE(kind, 2);
    frame.writeUInt32BE(4 + more, 4);
    frame.writeUInt32BE(id, 8);
    socket.write(frame);
  };
  const connection: FakeConnection = {
    socket,
    asked: [],
    received: new Map(),
    ended: new Set(),
    reply(id) {
      replied.add(id);
      control(2, id);
    },
    refuse: (id) => control(3, id, 4),
    send(id, data, fin = false) {
      const body = Buffer.from(data as string);
      const header = Buffer.alloc(8);
      header.writeUInt32BE(id, 0);
      header.writeUInt32BE(body.length, 4);
      header[4] = fin ? 1 : 0;
      return socket.write(Buffer.concat([header, body]));
    },
  };
  let held: Buffer = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("end", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 8 && held.length >= 8 + held.readUIntBE(5, 3)) {
      const body = held.subarray(8, 8 + held.readUIntBE(5, 3));
      const id = held.readUInt32BE(0) & 0x7fffffff;
      if (held[0]! & 0x80) {
        const asked = body.length >= 4 ? body.readUInt32BE(0) : 0;
        connection.asked.push(asked);
        onStream(asked, connection);
      } else if (replied.has(id)) {
        connection.received.set(id, [...(connection.received.get(id) ?? []), Buffer.from(body)]);
        if (held[4]! & 1) connection.ended.add(id);
      }
      held = held.subarray(8 + body.length);
    }
  });
  return connection;
}
