/** A plugin for tests that registers by a socket of its own: real gRPC, and what it was told. */
import { serveGrpc } from "#net/mod.ts";
import { registrationMessages } from "../plugins/registry.ts";

export interface RegisteringPlugin {
  /** `registered`, or the error. */
  readonly told: string[];
  close(): Promise<void>;
}

interface Info {
  type: string;
  name: string;
  endpoint?: string;
  supportedVersions?: string[];
}

/** `refusesNews`: it fails when it is told how it went. */
export async function serveRegistration(socket: string, info: Info, { refusesNews = false } = {}): Promise<RegisteringPlugin> {
  const told: string[] = [];
  const { close } = await serveGrpc(socket, registrationMessages, {
    "/pluginregistration.Registration/GetInfo": { request: "InfoRequest", response: "PluginInfo", handle: async () => info },
    "/pluginregistration.Registration/NotifyRegistrationStatus": {
      request: "RegistrationStatus",
      response: "RegistrationStatusResponse",
      async handle({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) {
        told.push(pluginRegistered ? "registered" : error);
        if (refusesNews) throw new Error("not now");
        return {};
      },
    },
  });
  return { told, close };
}
