/** What goes on in the queues, as upstream's debug endpoints write it: tables with a comma before each next column. */
import type { Clock } from "#base/mod.ts";
import { text } from "../../http/paths.ts";
import type { Answer, Call } from "../call.ts";
import type { Fairness, Level, Ticket } from "./fairness.ts";

const prefix = "/debug/api_priority_and_fairness";

export function fairnessPages(fairness: Fairness, clock: Clock): Map<string, (call: Call) => Answer> {
  const levels = () => [...fairness.levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map<string, (call: Call) => Answer>([
    [`${prefix}/dump_priority_levels`, () => text(200, table(levelColumns, levels().map(levelRow)))],
    [`${prefix}/dump_queues`, () => text(200, table(queueColumns, levels().flatMap(queueRows)))],
    [
      `${prefix}/dump_requests`,
      ({ query }) => {
        const detailed = (query.get("includeRequestDetails") ?? "") !== "";
        const columns = detailed ? [...requestColumns, ...detailColumns] : requestColumns;
        return text(
          200,
          table(
            columns,
            levels().flatMap((level) => requestRows(level, detailed, clock)),
          ),
        );
      },
    ],
  ]);
}

const levelColumns = [
  ...["PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests"],
  ...["ExecutingRequests", "DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests"],
];
const queueColumns = [
  ...["PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests", "SeatsInUse"],
  ...["NextDispatchR", "InitialSeatsSum", "MaxSeatsSum", "TotalWorkSum"],
];
const requestColumns = [
  ...["PriorityLevelName", "FlowSchemaName", "QueueIndex", "RequestIndexInQueue", "FlowDistingsher"],
  ...["ArriveTime", "InitialSeats", "FinalSeats", "AdditionalLatency", "StartTime"],
];
const detailColumns = ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"];

function levelRow({ name, queues, executing, dispatched, rejected, timedOut, cancelled }: Level): unknown[] {
  const active = queues.queues.filter(({ waiting }) => waiting.length > 0).length;
  const idle = executing.size === 0 && active === 0;
  return [name, active, idle, false, queues.waiting, executing.size, dispatched, rejected, timedOut, cancelled];
}

const seatSeconds = (value: number) => `${value.toFixed(8)}ss`;

function queueRows({ name, queues }: Level): unknown[][] {
  return queues.queues.map(({ index, waiting, executing, seatsInUse, nextR, seatsWaiting }) => [
    ...[name, index, waiting.length, executing, seatsInUse],
    ...[seatSeconds(nextR), seatsWaiting, seatsWaiting, seatSeconds(seatsWaiting * 0.003)],
  ]);
}

function requestRows(level: Level, detailed: boolean, clock: Clock): unknown[][] {
  const began = clock.now() - clock.monotonic();
  const row = (ticket: Ticket, queue: number, place: number) => {
    const { info, user } = ticket.asked;
    const start = ticket.startedMs === undefined ? "0001-01-01T00:00:00Z" : new Date(began + ticket.startedMs).toISOString();
    return [
      ...[level.name, ticket.schema, queue, place, ticket.distinguisher],
      ...[new Date(began + ticket.arrivedMs).toISOString(), ticket.seats, 0, "0s", start],
      ...(detailed ? [user.name, info.verb, info.path, info.namespace, info.name] : []),
      ...(detailed ? [info.group ? `${info.group}/${info.version}` : info.version, info.resource, info.subresource] : []),
    ];
  };
  return [
    ...level.queues.queues.flatMap(({ index, waiting }) => waiting.map((entry, place) => row(entry as Ticket, index, place))),
    ...[...level.executing].map((ticket) => row(ticket, ticket.queue?.index ?? -1, -1)),
  ];
}

/** Columns as Go's tabwriter sets them: at least eight wide, a space between, the last one as it is. */
function table(columns: string[], rows: unknown[][]): string {
  const lines = [columns, ...rows.map((row) => row.map(String))].map((row) =>
    row.map((cell, i) => (i < row.length - 1 ? `${cell},` : cell)),
  );
  const widths = columns.map((_, i) => Math.max(8, ...lines.map((line) => line[i]!.length + 1)));
  return `${lines.map((line) => line.map((cell, i) => (i < line.length - 1 ? cell.padEnd(widths[i]!) : cell)).join("")).join("\n")}\n`;
}
