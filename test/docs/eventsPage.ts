/** `docs/events.md`, made from the schemas: every event with its meaning and its fields. Pure. */
import { alerts } from "@lastgood/core/domain/events/alerts"
import { app } from "@lastgood/core/domain/events/app"
import { attempts } from "@lastgood/core/domain/events/attempts"
import { outcomes } from "@lastgood/core/domain/events/outcomes"
import { Ref } from "@lastgood/core/domain/events/shape"
import { snapshots } from "@lastgood/core/domain/events/snapshots"
import { CheckEvidence, steps } from "@lastgood/core/domain/events/steps"
import { world } from "@lastgood/core/domain/events/world"
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

interface EventSchema extends Schema.Top {
  readonly fields: {
    readonly type: { readonly literal: string }
    readonly v: { readonly literal: number }
    readonly data: Schema.Top
  }
}

const groups: ReadonlyArray<readonly [title: string, events: Readonly<Record<string, EventSchema>>]> = [
  ["The app and its operator", app],
  ["Attempts", attempts],
  ["Steps", steps],
  ["Outcomes", outcomes],
  ["Snapshots and data", snapshots],
  ["Alerts", alerts],
  ["Health and drift between attempts", world]
]

/** What several events hold is shown once, under its own name. */
const shared: ReadonlyArray<Schema.Top> = [Ref, CheckEvidence]

const nameOf = (ast: SchemaAST.AST): string | undefined => SchemaAST.resolveIdentifier(ast)
const described = (ast: SchemaAST.AST): string => SchemaAST.resolveDescription(ast) ?? ""

/** A type as TypeScript writes it. */
const typeOf = (ast: SchemaAST.AST): string => {
  const name = nameOf(ast)
  if (name !== undefined) return name
  switch (ast._tag) {
    case "String":
    case "Number":
    case "Boolean":
    case "Null":
      return ast._tag.toLowerCase()
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Union":
      return ast.types.map(typeOf).join(" | ")
    case "Arrays":
      return ast.rest.map((item) => `${typeOf(item)}[]`).join(", ")
    case "Objects":
      return `{ ${ast.propertySignatures.map(({ name, type }) => `${String(name)}: ${typeOf(type)}`).join(", ")} }`
    default:
      throw new Error(`docs/events.md cannot show a ${ast._tag}: add it to typeOf`)
  }
}

const fieldsOf = ({ ast }: Schema.Top): ReadonlyArray<string> => {
  if (!SchemaAST.isObjects(ast)) throw new Error("the data of an event is not a struct")
  return ast.propertySignatures.map(({ name, type }) => {
    const optional = type.context?.isOptional === true ? "?" : ""
    const description = described(type)
    return `- \`${String(name)}${optional}\`: \`${typeOf(type)}\`${description === "" ? "" : ` – ${description}`}`
  })
}

const section = (heading: string, lines: ReadonlyArray<string>): string => [heading, "", ...lines].join("\n")

const eventSection = ({ ast, fields: { data, type, v } }: EventSchema): string => {
  const older = v.literal > 1 ? ` Its newest \`v\` is ${v.literal}; lastgood reads older events in this shape.` : ""
  const fields = fieldsOf(data)
  return section(`### ${type.literal}`, [`${described(ast)}${older}`, ...(fields.length === 0 ? [] : ["", ...fields])])
}

const typeSection = (schema: Schema.Top): string => section(`### ${nameOf(schema.ast) ?? ""}`, fieldsOf(schema))

/** Each event, with its meaning. */
export const meanings: ReadonlyArray<readonly [type: string, meaning: string]> = groups.flatMap(([, events]) =>
  Object.values(events).map(({ ast, fields }) => [fields.type.literal, described(ast)] as const)
)

const introduction = `# Events

Everything that lastgood does is recorded as an event in the log, and the log is the state. This page lists the data of every event; its envelope (\`id\`, \`stream\`, \`position\`, \`at\`, \`hash\` …) is described in [on-disk.md](on-disk.md#the-log). \`lastgood log --json\` prints events as they are here.

- \`npm run docs:events\` makes this page from the schemas in \`packages/core/src/domain/events\`. Do not edit it.
- A released shape never changes. A new shape gets a new \`v\`, and events of the older one are read as the newest.
- A time is text: ISO 8601, UTC. A step is one of those in [architecture.md](architecture.md).
- An event of a type that lastgood does not know is kept, shown as it is, and has no effect on the state.`

export const eventsPage = (): string =>
  `${[
    introduction,
    ...groups.map(([title, events]) => [`## ${title}`, ...Object.values(events).map(eventSection)].join("\n\n")),
    ["## Types that several events share", ...shared.map(typeSection)].join("\n\n")
  ].join("\n\n")}\n`
