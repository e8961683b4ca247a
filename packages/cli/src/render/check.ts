/** What `lastgood check` prints. Pure. */
import type { Examined } from "@lastgood/core/examine"
import { oneLine, plural, size } from "./format.ts"

const width = 76

/** Breaks a text between words. Every line but the first starts with `indent`. */
const wrapped = (text: string, indent: string): string => {
  const lines: Array<string> = []
  let line = ""
  for (const word of oneLine(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width - indent.length) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}

const item = (text: string): string => `  ${wrapped(text, "    ")}`
const below = (text: string): string => `    ${wrapped(text, "      ")}`

/** Aligned columns; a long cell shifts the rest of its line only. */
const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const most = 30
  const widthOf = (i: number) =>
    Math.max(0, ...rows.map((row) => row[i]?.length ?? 0).filter((length) => length <= most))
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i === row.length - 1 ? oneLine(cell) : oneLine(cell).padEnd(widthOf(i)))).join("  ")}`.trimEnd()
  )
}

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...lines]

const sizeText = (bytes: number | null, missing: string): string => (bytes === null ? missing : size(bytes))

const dataLines = ({ data }: Examined): ReadonlyArray<string> =>
  columns(
    data.map(({ bytes, kind, name, services }) => [
      name,
      services.join(", "),
      kind === "volume" ? `volume${bytes === null ? "" : `, ${size(bytes)}`}` : sizeText(bytes, "will be made")
    ])
  )

const effects = { own: "snapshotted and put back", external: "neither snapshotted nor put back" } as const

const questionLines = ({ questions }: Examined): ReadonlyArray<string> =>
  questions.flatMap(({ answers, bytes, name, reasons, services }) => [
    item(`${name} (${services.join(", ")}${bytes === null ? "" : `, ${size(bytes)}`}) ${reasons.join(", ")}`),
    ...answers.map((answer) => below(`data: { ${JSON.stringify(name)}: ${answer} }   # ${effects[answer]}`))
  ])

const follows = {
  semver: "newer tags",
  digest: "what the tag is at the time",
  pinned: "nothing: it names a digest",
  none: "nothing"
} as const

const versionLines = ({ isRepository, services, versions }: Examined): ReadonlyArray<string> => [
  ...columns(services.map(({ image, name, versions: { follow } }) => [name, image ?? "no image", follows[follow]])),
  ...(services.length === 0 ? [] : [below(versions)]),
  ...(isRepository ? [item("The folder is a git repository: its tags or a branch can be the versions too.")] : [])
]

const portText = ({ address, port, protocol }: Examined["services"][number]["published"][number]): string =>
  `${address === "*" ? "" : `${address}:`}${port}${protocol === "tcp" ? "" : `/${protocol}`}`

const healthLines = ({ services }: Examined): ReadonlyArray<string> => {
  const seen = services.flatMap(({ healthcheck, name, published }) => {
    const parts = [
      ...(healthcheck === null ? [] : [`HEALTHCHECK of the ${healthcheck === "image" ? "image" : "compose file"}`]),
      ...(published.length === 0 ? [] : [`port ${published.map(portText).join(", ")}`])
    ]
    return parts.length === 0 ? [] : [[name, parts.join("; ")]]
  })
  if (services.length === 0) return []
  return seen.length === 0
    ? [item("No HEALTHCHECK and no published port is known: write a check (health: checks:).")]
    : columns(seen)
}

const verdict = ({ name, problems, questions }: Examined): string => {
  if (problems.length > 0)
    return `${name}: lastgood cannot take it yet, because of ${plural(problems.length, "problem")}`
  const after = questions.length === 0 ? "" : `, with an answer to ${plural(questions.length, "question")}`
  return `${name}: lastgood can take it as it is${after}`
}

export const checkText = (examined: Examined): string =>
  [
    verdict(examined),
    ...section(
      "Problems",
      examined.problems.flatMap(({ kind, next, what }, i) => [
        item(what),
        // What has to be done about several of a kind differs in their names only.
        ...(examined.problems[i + 1]?.kind === kind ? [] : [below(`next: ${next}`)])
      ])
    ),
    ...section("Data: snapshotted before an upgrade, put back by a rollback", dataLines(examined)),
    ...section("Questions: write an answer to each into lastgood.yaml", questionLines(examined)),
    ...section(
      "Not data",
      columns(examined.notData.map(({ name, services, why }) => [name, services.join(", "), why]))
    ),
    ...section("Versions: what can be followed", versionLines(examined)),
    ...section("Health", healthLines(examined)),
    ...(examined.withoutEngine === null
      ? []
      : section("Not checked", [
          item(`Other containers, volumes, networks and images of this host: ${examined.withoutEngine}.`)
        ]))
  ].join("\n")
