/** What a container is asked, and what runs at its start and its end. */

import { embed, type Infer, int32, int64, intOrString, list, ref, string, struct } from "../../schema.ts";

export const ExecAction = struct("io.k8s.api.core.v1.ExecAction", "Runs a command in the container; exit code 0 is success.", {
  command: list(string, 1, { listType: "atomic", doc: "The command and its arguments, without a shell; it starts in the root folder." }),
});
export interface ExecAction extends Infer<typeof ExecAction> {}

export const HTTPHeader = struct("io.k8s.api.core.v1.HTTPHeader", "A header of a request.", {
  name: string(1, { always: true, required: true, doc: "The header's name, in its usual form after sending." }),
  value: string(2, { always: true, required: true, doc: "Its value." }),
});
export interface HTTPHeader extends Infer<typeof HTTPHeader> {}

export const HTTPGetAction = struct("io.k8s.api.core.v1.HTTPGetAction", "Sends a GET request; an answer of 200 to 399 is success.", {
  path: string(1, { doc: "The path to ask for; / when left out." }),
  port: intOrString(2, { always: true, required: true, doc: "The port, by number or by its name in the container." }),
  host: string(3, { doc: "The host to connect to; the pod's address when left out. Rather set a Host header." }),
  scheme: string(4, {
    goType: "v1.URIScheme",
    enum: ["HTTP", "HTTPS"],
    doc: "HTTP (the default) or HTTPS; certificates are not verified.",
  }),
  httpHeaders: list(HTTPHeader, 5, { listType: "atomic", doc: "Headers to send; a name may repeat." }),
});
export interface HTTPGetAction extends Infer<typeof HTTPGetAction> {}

export const TCPSocketAction = struct("io.k8s.api.core.v1.TCPSocketAction", "Opens a connection; that it opens is success.", {
  port: intOrString(1, { always: true, required: true, doc: "The port, by number or by its name in the container." }),
  host: string(2, { doc: "The host to connect to; the pod's address when left out." }),
});
export interface TCPSocketAction extends Infer<typeof TCPSocketAction> {}

export const GRPCAction = struct("io.k8s.api.core.v1.GRPCAction", "Asks the standard gRPC health service.", {
  port: int32(1, { always: true, required: true, doc: "The port of the gRPC server, 1 to 65535." }),
  service: string(2, { pointer: true, always: true, doc: "The service name that is asked for; the server as a whole when empty." }),
});
export interface GRPCAction extends Infer<typeof GRPCAction> {}

export const ProbeHandler = struct("io.k8s.api.core.v1.ProbeHandler", "How a probe asks: exactly one of these.", {
  exec: ref(ExecAction, 1, { pointer: true, doc: "Runs a command in the container." }),
  httpGet: ref(HTTPGetAction, 2, { pointer: true, doc: "Sends a GET request." }),
  tcpSocket: ref(TCPSocketAction, 3, { pointer: true, doc: "Opens a connection." }),
  grpc: ref(GRPCAction, 4, { pointer: true, doc: "Asks the gRPC health service." }),
});
export interface ProbeHandler extends Infer<typeof ProbeHandler> {}

export const Probe = struct("io.k8s.api.core.v1.Probe", "A question that the kubelet asks a container again and again.", {
  "...ProbeHandler": embed(ProbeHandler, 1),
  initialDelaySeconds: int32(2, { doc: "Seconds after the start before it is first asked." }),
  timeoutSeconds: int32(3, { doc: "Seconds until no answer is a failure; 1 by default." }),
  periodSeconds: int32(4, { doc: "Seconds between two questions; 10 by default." }),
  successThreshold: int32(5, { doc: "How many successes in a row make it good again; 1 by default, and always for liveness and startup." }),
  failureThreshold: int32(6, { doc: "How many failures in a row make it bad; 3 by default." }),
  terminationGracePeriodSeconds: int64(7, { pointer: true, doc: "Overrules the pod's grace period when this probe fails." }),
});
export interface Probe extends Infer<typeof Probe> {}

export const SleepAction = struct("io.k8s.api.core.v1.SleepAction", "Waits.", {
  seconds: int64(1, { always: true, required: true, doc: "How long." }),
});
export interface SleepAction extends Infer<typeof SleepAction> {}

export const LifecycleHandler = struct("io.k8s.api.core.v1.LifecycleHandler", "One thing to do: exactly one of these.", {
  exec: ref(ExecAction, 1, { pointer: true, doc: "Run a command in the container." }),
  httpGet: ref(HTTPGetAction, 2, { pointer: true, doc: "Send a GET request." }),
  tcpSocket: ref(TCPSocketAction, 3, { pointer: true, doc: "Not supported for hooks; kept for compatibility." }),
  sleep: ref(SleepAction, 4, { pointer: true, doc: "Wait for some seconds." }),
});
export interface LifecycleHandler extends Infer<typeof LifecycleHandler> {}

export const Lifecycle = struct("io.k8s.api.core.v1.Lifecycle", "What runs at the start and at the end of a container.", {
  postStart: ref(LifecycleHandler, 1, {
    pointer: true,
    doc: "Runs right after the start, beside the entrypoint; when it fails, the container is killed.",
  }),
  preStop: ref(LifecycleHandler, 2, {
    pointer: true,
    doc: "Runs before the container is asked to end; the pod's grace period counts from before it.",
  }),
  stopSignal: string(3, {
    goType: "v1.Signal",
    disabled: true,
    pointer: true,
    enum: [
      "SIGABRT",
      "SIGALRM",
      "SIGBUS",
      "SIGCHLD",
      "SIGCLD",
      "SIGCONT",
      "SIGFPE",
      "SIGHUP",
      "SIGILL",
      "SIGINT",
      "SIGIO",
      "SIGIOT",
      "SIGKILL",
      "SIGPIPE",
      "SIGPOLL",
      "SIGPROF",
      "SIGPWR",
      "SIGQUIT",
      "SIGRTMAX",
      "SIGRTMAX-1",
      "SIGRTMAX-10",
      "SIGRTMAX-11",
      "SIGRTMAX-12",
      "SIGRTMAX-13",
      "SIGRTMAX-14",
      "SIGRTMAX-2",
      "SIGRTMAX-3",
      "SIGRTMAX-4",
      "SIGRTMAX-5",
      "SIGRTMAX-6",
      "SIGRTMAX-7",
      "SIGRTMAX-8",
      "SIGRTMAX-9",
      "SIGRTMIN",
      "SIGRTMIN+1",
      "SIGRTMIN+10",
      "SIGRTMIN+11",
      "SIGRTMIN+12",
      "SIGRTMIN+13",
      "SIGRTMIN+14",
      "SIGRTMIN+15",
      "SIGRTMIN+2",
      "SIGRTMIN+3",
      "SIGRTMIN+4",
      "SIGRTMIN+5",
      "SIGRTMIN+6",
      "SIGRTMIN+7",
      "SIGRTMIN+8",
      "SIGRTMIN+9",
      "SIGSEGV",
      "SIGSTKFLT",
      "SIGSTOP",
      "SIGSYS",
      "SIGTERM",
      "SIGTRAP",
      "SIGTSTP",
      "SIGTTIN",
      "SIGTTOU",
      "SIGURG",
      "SIGUSR1",
      "SIGUSR2",
      "SIGVTALRM",
      "SIGWINCH",
      "SIGXCPU",
      "SIGXFSZ",
    ],
    doc: "The signal that asks the container to end; SIGTERM or the image's own when left out.",
  }),
});
export interface Lifecycle extends Infer<typeof Lifecycle> {}
