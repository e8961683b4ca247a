/** `docs/reference/configuration.md`, made from the JSON Schema of `lastgood.yaml`: every key, with type and default. */
import { jsonSchemaText } from "@lastgood/core/config/jsonSchema"
import { cell, code, generated, page, table } from "./markdown.ts"

/** As much of a JSON Schema as the configuration uses. */
interface Node {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Node>>
  readonly patternProperties?: Readonly<Record<string, Node>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Node
  readonly anyOf?: ReadonlyArray<Node>
  readonly oneOf?: ReadonlyArray<Node>
}

const choicesOf = ({ anyOf = [], oneOf = [] }: Node): ReadonlyArray<Node> => [...anyOf, ...oneOf]

const namedValue = ({ patternProperties = {} }: Node): Node | undefined => Object.values(patternProperties)[0]

/** The values that a key takes, in a few words. */
const typeOf = (node: Node): string => {
  const choices = choicesOf(node)
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(" or ")
  if (node.enum !== undefined) return node.enum.map((one) => code(String(one))).join(", ")
  if (node.type === "array") return `list of ${node.items === undefined ? "values" : typeOf(node.items)}`
  if (node.type === "object") return namedValue(node) === undefined ? "keys" : "keys by name"
  if (node.type === "integer") return `number, ${node.minimum ?? ""} to ${node.maximum ?? ""}`
  if (node.type === "boolean") return "`true`, `false`"
  return "text"
}

const defaultOf = (node: Node): string =>
  node.default === undefined ? "" : code(typeof node.default === "string" ? node.default : JSON.stringify(node.default))

interface Key {
  readonly path: string
  readonly node: Node
  readonly isRequired: boolean
}

/**
 * The keys below a node, whatever list, choice or name is between. A key that only some choices have is not required, and
 * a list that stands for one value has the path of the value.
 */
const keysOf = (node: Node, path: string): ReadonlyArray<Key> => {
  const named = namedValue(node)
  const within = choicesOf(node)
    .flatMap((one) => keysOf(one.type === "array" && one.items !== undefined ? one.items : one, path))
    .map((key) => ({ ...key, isRequired: false }))
  return [
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
      const below = path === "" ? name : `${path}.${name}`
      const isRequired = node.required?.includes(name) ?? false
      return [{ path: below, node: child, isRequired }, ...keysOf(child, below)]
    }),
    ...(named === undefined ? [] : keysOf(named, `${path}.<name>`)),
    ...(node.items === undefined ? [] : keysOf(node.items, `${path}[]`)),
    ...within
  ]
}

/** A key that several choices have is shown once. */
const distinct = (keys: ReadonlyArray<Key>): ReadonlyArray<Key> =>
  keys.filter(({ path }, i) => keys.findIndex((other) => other.path === path) === i)

const describedOf = ({ isRequired, node }: Key): string =>
  cell(`${node.description ?? ""}${isRequired ? " **Required.**" : ""}`)

const tableOf = (keys: ReadonlyArray<Key>): string =>
  table(
    ["key", "value", "default", ""],
    keys.map((key) => [code(key.path), typeOf(key.node), defaultOf(key.node), describedOf(key)])
  )

const introduction = `# lastgood.yaml: reference

Every key of the configuration, from the schema that lastgood reads it with. [Configuration](../config.md) explains the keys that need more than a line, with examples. Durations are written as \`500ms\`, \`20s\`, \`5m\`, \`24h\` or \`2d\`.`

export const allKeys = (): ReadonlyArray<Key> => distinct(keysOf(JSON.parse(jsonSchemaText()) as Node, ""))

export const configPage = (): string => {
  const keys = allKeys()
  const isOfApp = ({ path }: Key) => path.startsWith("apps.<name>.")
  return page(
    generated("the schema in packages/core/src/config"),
    introduction,
    "## Top level",
    tableOf(keys.filter((key) => !isOfApp(key))),
    "## An app",
    "Below `apps.<name>`, where the name is the app's.",
    tableOf(keys.filter(isOfApp).map((key) => ({ ...key, path: key.path.slice("apps.<name>.".length) })))
  )
}
