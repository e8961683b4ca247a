/** `docs/reference/json.md`, made from the JSON Schemas of what the commands print with `--json`: every key, with its type. */
import { type DocumentName, documentNames, jsonSchemaText } from "../jsonDocuments.ts"
import { cell, code, generated, page, table } from "./markdown.ts"

/** As much of a JSON Schema as the documents use. */
interface Node {
  readonly type?: string
  readonly description?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Node
  readonly anyOf?: ReadonlyArray<Node>
  readonly additionalProperties?: boolean | Node
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Node>>
}

const introduction = `# JSON: reference

What the commands print with \`--json\`, one document on standard output. The [schemas](../json) say the same for programs. [The command line](../cli.md#output) explains what the keys mean. A later lastgood may add keys: ignore those that you do not know. \`format\` changes if a key changes its meaning.

In the tables, \`[]\` stands for each entry of a list, and \`<name>\` for any name. A key that is marked *may be missing* is not always there.`

/** Documents that are not called as the command that prints them. */
const others: Readonly<Partial<Record<DocumentName, string>>> = {
  "dry-run": "any command with `--dry-run`, but for `prune`",
  error: "any command that fails",
  log: "`log`: one document a line, without `format`",
  "log-digest": "`log --digest`",
  result: "commands that act on an app, or record a decision",
  "snapshots-ls-path": "`snapshots ls` with a path"
}

const printedBy = (name: DocumentName): string => others[name] ?? code(name.replaceAll("-", " "))

const resolved = (node: Node, definitions: Readonly<Record<string, Node>>): Node =>
  node.$ref === undefined ? node : (definitions[node.$ref.replace("#/$defs/", "")] ?? {})

/** The values that a key takes, in a few words. */
const typeOf = (given: Node, definitions: Readonly<Record<string, Node>>): string => {
  const node = resolved(given, definitions)
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map((one) => typeOf(one, definitions)))].join(" or ")
  if (node.enum !== undefined) return node.enum.map((one) => code(JSON.stringify(one))).join(", ")
  switch (node.type) {
    case "array":
      return `list of ${node.items === undefined ? "any JSON" : typeOf(node.items, definitions).replace(/^object$/, "objects")}`
    case "object":
      return "object"
    case "integer":
    case "number":
      return "number"
    case "string":
      return "text"
    case "boolean":
      return "`true`, `false`"
    case "null":
      return "`null`"
    default:
      return "any JSON"
  }
}

type Row = readonly [key: string, type: string, description: string]

/** The keys below a node, whatever list or choice is between. */
const rowsOf = (given: Node, path: string, definitions: Readonly<Record<string, Node>>): ReadonlyArray<Row> => {
  const node = resolved(given, definitions)
  const { additionalProperties, anyOf = [], items, properties = {}, required = [] } = node
  return [
    ...anyOf.flatMap((one) => rowsOf(one, path, definitions)),
    ...(items === undefined ? [] : rowsOf(items, `${path}[]`, definitions)),
    ...(typeof additionalProperties === "object" ? rowsOf(additionalProperties, `${path}.<name>`, definitions) : []),
    ...Object.entries(properties).flatMap(([name, child]): ReadonlyArray<Row> => {
      const below = path === "" ? name : `${path}.${name}`
      const isMissing = required.includes(name) ? "" : " (may be missing)"
      const what = child.description ?? resolved(child, definitions).description ?? ""
      return [[below, `${typeOf(child, definitions)}${isMissing}`, what], ...rowsOf(child, below, definitions)]
    })
  ]
}

const sectionOf = (name: DocumentName): string => {
  const schema: Node = JSON.parse(jsonSchemaText(name))
  const rows = rowsOf(schema, "", schema.$defs ?? {})
  return [
    `## ${name}`,
    `Printed by ${printedBy(name)}. Schema: [${name}.schema.json](../json/${name}.schema.json)`,
    table(
      ["key", "value", ""],
      rows.map(([key, type, what]) => [code(key), cell(type), cell(what)])
    )
  ].join("\n\n")
}

export const jsonPage = (): string =>
  page(generated("test/docs/jsonDocuments.ts"), introduction, ...documentNames.toSorted().map(sectionOf))
