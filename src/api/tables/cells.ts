/** The cells that tables of many kinds share. */
import { formatSelector, labelSelectorFrom, selectorFromMap } from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import { since } from "./age.ts";

export type Cells = (object: AnyObject, now: number) => unknown[];

export const ageOf = ({ metadata }: AnyObject, now: number) => since(metadata.creationTimestamp, now);

export const none = "<none>";

export const unset = "<unset>";

export const orNone = (text: string | undefined | null) => text || none;

export const joined = (list: string[] | undefined | null) => (list?.length ? list.join(",") : none);

export const names = (containers: AnyObject[] | undefined) => (containers ?? []).map((container) => container.name).join(",");

export const images = (containers: AnyObject[] | undefined) => (containers ?? []).map((container) => container.image ?? "").join(",");

export const selectorText = (of: AnyObject | undefined) => (of ? formatSelector(labelSelectorFrom(of)) || none : none);

export const mapSelectorText = (map: Record<string, string> | undefined) =>
  map && Object.keys(map).length ? formatSelector(selectorFromMap(map)) : none;

export const nameOf = (object: AnyObject): string => object.metadata.name ?? "";

/** At most so many, then how many more there are. */
export function atMost(list: string[], most: number): string {
  if (list.length === 0) return none;
  return list.length <= most ? list.join(",") : `${list.slice(0, most).join(",")} + ${list.length - most} more...`;
}

export const templateCells = (spec: AnyObject | undefined): [string, string] => [
  names(spec?.template?.spec?.containers),
  images(spec?.template?.spec?.containers),
];

export const workloadCells: Cells = (o, now) => [
  nameOf(o),
  o.spec?.replicas ?? 0,
  o.status?.replicas ?? 0,
  o.status?.readyReplicas ?? 0,
  ageOf(o, now),
  ...templateCells(o.spec),
];

export const accessModeNames: Record<string, string> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

export const accessModesText = (list: string[] | undefined) => (list ?? []).map((mode) => accessModeNames[mode] ?? mode).join(",");

export function subjects(list: AnyObject[] | undefined, kind: string): string {
  return (list ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace}/${subject.name}` : subject.name))
    .join(", ");
}

export const bindingCells: Cells = (o, now) => [
  nameOf(o),
  `${o.roleRef?.kind}/${o.roleRef?.name}`,
  ageOf(o, now),
  subjects(o.subjects, "User"),
  subjects(o.subjects, "Group"),
  subjects(o.subjects, "ServiceAccount"),
];

export function eventCells(o: AnyObject, now: number): unknown[] {
  const object = o.involvedObject ?? o.regarding ?? {};
  const source =
    o.source?.component || o.deprecatedSource?.component
      ? (o.source ?? o.deprecatedSource)
      : { component: o.reportingComponent ?? o.reportingController ?? "", host: o.reportingInstance ?? "" };
  const first = o.firstTimestamp ?? o.deprecatedFirstTimestamp ?? o.eventTime;
  let last = since(o.lastTimestamp ?? o.deprecatedLastTimestamp ?? o.series?.lastObservedTime ?? first, now);
  const count = o.series?.count ?? o.count ?? o.deprecatedCount;
  if (o.series) last = since(o.series.lastObservedTime, now);
  const target = object.kind ? `${String(object.kind).toLowerCase()}/${object.name}` : String(object.name ?? "");
  return [
    last,
    o.type ?? "",
    o.reason ?? "",
    target,
    object.fieldPath ?? "",
    source.host ? `${source.component}, ${source.host}` : (source.component ?? ""),
    (o.message ?? o.note ?? "").trim(),
    since(first, now),
    count || 1,
    nameOf(o),
  ];
}
