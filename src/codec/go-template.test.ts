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
  assert.throws(() => goTemplate("{{.kind.x}}")(value), /can't evaluate field x in type string/);
  assert.throws(() => goTemplate("{{index .items 9}}")(value), /error calling index: index out of range: 9/);
});
