/** What `lastgood check` prints. Pure. */
import type { Examined } from "@lastgood/core/examine"
import { folded } from "./changes.ts"
import { countedSize, oneLine, plural } from "./format.ts"

const width = 76

/** Every line but the first starts with `indent`. */
const wrapped = (text: string, indent: string): string => folded(text, width - indent.length).join(`\n${indent}`)

const item = (text: string): string => `  ${wrapped(text, "    ")}`
const below = (text: string): string => `    ${wrapped(text, "      ")}`

/** Aligned columns. Of a row that is too long for its line, the other cells follow below the first. */
const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const most = 30
  const widthOf = (i: number) =>
    Math.max(0, ...rows.map((row) => row[i]?.length ?? 0).filter((length) => length <= most))
  return rows.map((row) => {
    const [first = "", ...rest] = row.map(oneLine)
    const padded = [first, ...rest].map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widthOf(i))))
    const line = `  ${padded.join("  ")}`
    return line.length <= width ? line : `  ${first}\n    ${wrapped(rest.join("; "), "    ")}`
  })
}

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...lines]

type Sized = Pick<Examined["data"][number], "bytes" | "isPartial">

/** null: nothing is there yet, or it is not known. */
const sizeText = ({ bytes, isPartial }: Sized): string | null => (bytes === null ? null : countedSize(bytes, isPartial))

const dataLines = ({ data }: Examined): ReadonlyArray<string> => {
  const [folder] = data.filter(({ kind }) => kind !== "volume")
  const rows = columns(
    data.map(({ kind, name, services, ...sized }) => {
      const text = sizeText(sized)
      const volume = text === null ? "volume" : `volume, ${text}`
      return [name, services.join(", "), kind === "volume" ? volume : (text ?? "will be made")]
    })
  )
  if (folder === undefined) return rows
  const line = `data: { ${JSON.stringify(folder.name)}: external }`
  return [
    ...rows,
    item("To leave out a folder that is not this app's, write into lastgood.yaml:"),
    `    ${oneLine(line)}`
  ]
}

const effects = { own: "snapshotted and restored", external: "neither snapshotted nor restored" } as const

const questionLines = ({ questions }: Examined): ReadonlyArray<string> =>
  questions.flatMap(({ answers, name, reasons, services, ...sized }) => [
    item(`${name} (${[...services, sizeText(sized) ?? []].flat().join(", ")}) ${reasons.join(", ")}`),
    // To be copied: not broken into lines.
    ...answers.flatMap((answer) => [
      `    # ${effects[answer]}:`,
      `    data: { ${oneLine(JSON.stringify(name))}: ${answer} }`
    ])
  ])

const follows = {
  semver: "newer tags",
  digest: "what the tag is at the time",
  pinned: "nothing: it names a digest",
  local: "nothing: it is in no registry",
  none: "nothing"
} as const

/** A digest is recognized by its first digits. */
const shortImage = (image: string | null): string =>
  (image ?? "no image").replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1…")

const versionLines = ({ isRepository, services, versions }: Examined): ReadonlyArray<string> => [
  ...columns(services.map(({ image, name, versions: { follow } }) => [name, shortImage(image), follows[follow]])),
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
    ...section("Data: snapshotted before an upgrade, restored by a rollback", dataLines(examined)),
    ...section("Questions: write an answer to each into lastgood.yaml", questionLines(examined)),
    ...section(
      "Not data",
      columns(examined.notData.map(({ name, services, why }) => [name, services.join(", "), why]))
    ),
    ...section("Versions: what can be followed", versionLines(examined)),
    ...section("Health", healthLines(examined)),
    ...(examined.composeFile === null
      ? []
      : section("Compose files: write this into the project's .env", [below(examined.composeFile)])),
    ...section("Not checked", [
      ...(examined.withoutEngine === null
        ? []
        : [item(`Other containers, volumes, networks and images of this host: ${examined.withoutEngine}.`)]),
      ...(examined.byRoot
        ? []
        : [item("What root would refuse: a folder that another user could change. To see it, run it as root.")])
    ])
  ].join("\n")
