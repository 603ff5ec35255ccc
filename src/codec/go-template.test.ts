import assert from "node:assert/strict";
import { test } from "node:test";
import { goTemplate } from "./go-template.ts";

const value = {
  kind: "List",
  data: { b: "aGVsbG8=", a: "Yg==" },
  items: [
    { metadata: { name: "a", labels: { "x/y": "z" } }, n: 1, ok: true },
    { metadata: { name: "b" }, n: 2500000, ok: false },
  ],
};

const table: [string, string][] = [
  ["{{.kind}}", "List"],
  ["{{range .items}}{{.metadata.name}},{{end}}", "a,b,"],
  ["{{range $i, $e := .items}}{{if $i}} {{end}}{{$i}}={{$e.metadata.name}}{{end}}", "0=a 1=b"],
  ["{{range $k, $v := .data}}{{$k}}:{{$v | base64decode}} {{end}}", "a:b b:hello "],
  ['{{index .items 0 "metadata" "name"}}', "a"],
  ["{{(index .items 0).metadata.name}}", "a"],
  ["{{len .items}} {{len .kind}}", "2 4"],
  ['{{if and .kind (eq .kind "List" "Other")}}yes{{else}}no{{end}}', "yes"],
  ["{{if not .missing}}none{{else if .kind}}x{{end}}", "none"],
  ["{{with .missing}}x{{else}}y{{end}}", "y"],
  ["{{.missing}}", "<no value>"],
  ["a  {{- 1 -}}  b", "a1b"],
  ["{{/* note */}}x", "x"],
  [
    '{{printf "%s-%05d %q %v" .kind 42 "q" .items}}',
    'List-00042 "q" [map[metadata:map[labels:map[x/y:z] name:a] n:1 ok:true] map[metadata:map[name:b] n:2.5e+06 ok:false]]',
  ],
  ["{{$x := 1}}{{range .items}}{{$x = .n}}{{end}}{{$x}}", "2.5e+06"],
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .kind}}', "<List>"],
  ["{{range .items}}{{if .ok}}{{continue}}{{end}}{{.metadata.name}}{{end}}", "b"],
  ['{{exists . "data" "b"}} {{exists . "data" "c"}}', "true false"],
  ["{{.data}}", "map[a:Yg== b:aGVsbG8=]"],
];
test("go templates print as upstream's", () => {
  for (const [template, expected] of table) assert.equal(goTemplate(template)(value), expected, template);
});

test("go template errors say what is wrong", () => {
  assert.throws(() => goTemplate("{{.x"), /unclosed action/);
  assert.throws(() => goTemplate("{{foo}}"), /function "foo" not defined/);
  assert.throws(() => goTemplate("{{if .x}}"), /unexpected EOF/);
  assert.throws(() => goTemplate("{{$y}}"), /undefined variable "\$y"/);
  assert.throws(() => goTemplate("{{.kind.x}}")(value), /can't evaluate field x in type interface \{\}/);
  assert.throws(() => goTemplate("{{index .items 9}}")(value), /error calling index: index out of range: 9/);
});

/** Recorded from kubectl 1.36.4. */
const places: [string, string][] = [
  ["{{.kind.x}}", 'output:1:7: executing "output" at <.kind.x>: can\'t evaluate field x in type interface {}'],
  ["{{with .kind}}{{.x}}{{end}}", 'output:1:16: executing "output" at <.x>: can\'t evaluate field x in type string'],
  [
    "a\nb {{- index .data 5}}",
    'output:2:6: executing "output" at <index .data 5>: error calling index: value has type int; should be string',
  ],
  ["{{.kind | len 3}}", 'output:1:10: executing "output" at <len>: wrong number of args for len: want 1 got 2'],
  ["{{range .kind}}x{{end}}", 'output:1:8: executing "output" at <.kind>: range can\'t iterate over List'],
  ['{{template "t" .}}', 'output:1:11: executing "output" at <{{template "t" .}}>: template "t" not defined'],
  ["{{5 6}}", 'output:1:2: executing "output" at <5>: can\'t give argument to non-function 5'],
  ['{{(index .data "a").x}}', 'output:1:15: executing "output" at <"a">: can\'t evaluate field x in type string'],
  ['{{define "t"}}é{{.x.y}}{{end}}{{template "t" .kind}}', 'output:1:20: executing "t" at <.x.y>: can\'t evaluate field x in type string'],
];
test("go template errors say where", () => {
  for (const [template, message] of places) assert.throws(() => goTemplate(template)(value), { message: `template: ${message}` }, template);
  assert.throws(() => goTemplate("{{ if }}"), { message: "template: output:1: missing value for if" });
});
