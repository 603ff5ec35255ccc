/** `kubectl get componentstatuses`: the health of scheduler, controllers and store, asked for when somebody wants to know. */
import { request } from "node:https";
import { componentstatuses, type KubeObject } from "#api/mod.ts";
import { type Clock, messageOf } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import type { ComputedKind } from "./contract.ts";

export interface Component {
  name: string;
  /** What is wrong with it, in its own words; undefined: nothing. */
  problem(): string | undefined | Promise<string | undefined>;
}

export function componentStatuses(components: readonly Component[], store: Pick<Store, "problem">): ComputedKind {
  const all: readonly Component[] = [...components, { name: "etcd-0", problem: () => store.problem()?.message }];
  return {
    about: { group: "", resource: "componentstatus" },
    get({ name }) {
      const found = all.find((component) => component.name === name);
      return found && shown(found);
    },
    list: () => Promise.all(all.map(shown)),
  };
}

async function shown({ name, problem }: Component): Promise<KubeObject> {
  const message = await problem();
  const { apiVersion, kind } = componentstatuses;
  const healthy = { type: "Healthy", status: message === undefined ? "True" : "False", message: message ?? "ok" };
  return { apiVersion, kind, metadata: { name }, conditions: [healthy] } as KubeObject;
}

const patienceMs = 5000;

/** Scheduler and controller manager that run beside this server, by the ports that are upstream's. */
export function neighbours(clock: Clock, ports = { scheduler: 10259, "controller-manager": 10257 }): Component[] {
  return Object.entries(ports).map(([name, port]) => ({ name, problem: () => problemAt(port, clock) }));
}

/** Their certificates are of their own making, as upstream's: what is asked is no secret, and no answer is believed further. */
function problemAt(port: number, clock: Clock): Promise<string | undefined> {
  const asked = `Get "https://127.0.0.1:${port}/healthz"`;
  return new Promise((resolve) => {
    const asking = request({ host: "127.0.0.1", port, path: "/healthz", rejectUnauthorized: false, agent: false });
    const done = (problem?: string) => {
      timer.cancel();
      asking.destroy();
      resolve(problem);
    };
    const timer = clock.after(patienceMs, () => done(`${asked}: context deadline exceeded`));
    asking.on("error", (error: NodeJS.ErrnoException) =>
      done(`${asked}: ${error.code === "ECONNREFUSED" ? `dial tcp 127.0.0.1:${port}: connect: connection refused` : messageOf(error)}`),
    );
    asking.once("response", ({ statusCode = 0 }) => done(statusCode === 200 ? undefined : `${asked}: answered with ${statusCode}`));
    asking.end();
  });
}
