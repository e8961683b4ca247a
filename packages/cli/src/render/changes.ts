/** What an upgrade changes, for people: short, within 80 columns. Pure. */
import type { Moved } from "@lastgood/core/domain/Outline"
import type { Preview } from "@lastgood/core/engine/Request"
import { oneLine } from "./format.ts"

const width = 80
const hang = " ".repeat(15)

/** Breaks a text between words. A longer word stays whole, so that it can be copied. */
export const folded = (text: string, room: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of oneLine(text).split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `acme/app:1.0@sha256:0123456789ab…`: the beginning of a digest is enough to tell two apart. */
const shortDigest = (image: string): string => image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]{52}$/, "$1…")

const withoutDigest = (image: string): string => image.replace(/@.*$/, "")

const digestIn = (image: string): string => shortDigest(image).replace(/^[^@]*@/, "")

const arrow = ({ from, to }: Preview["images"][number]): string => {
  if (from === null) return `new, ${shortDigest(to ?? "nothing")}`
  if (to === null) return `${shortDigest(from)} is removed`
  const isMoved = withoutDigest(from) === withoutDigest(to)
  return isMoved && from.includes("@") && to.includes("@")
    ? `${withoutDigest(to)}, ${digestIn(from)} → ${digestIn(to)}`
    : `${shortDigest(from)} → ${shortDigest(to)}`
}

const imageText = (change: Preview["images"][number]): string => {
  const { revision, service, source, version } = change
  const told = [
    ...(version === null ? [] : [`version ${version}`]),
    ...(source === null ? [] : [`source ${source}`]),
    ...(revision === null ? [] : [`revision ${revision.slice(0, 12)}`])
  ]
  return `${service}: ${arrow(change)}${told.length === 0 ? "" : ` (${told.join(", ")})`}`
}

const movedText = (name: string, { added, removed }: Moved): ReadonlyArray<string> => {
  const parts = [...added.map((one) => `+${one}`), ...removed.map((one) => `-${one}`)]
  return parts.length === 0 ? [] : [`${name} ${parts.join(" ")}`]
}

type Changes = NonNullable<Preview["changes"]>

const serviceText = ({ is, mounts, ports, service, settings, variables }: Changes["services"][number]): string => {
  if (is === "removed") return `${service}: removed`
  const changed = variables.changed.length === 0 ? [] : [`other values of ${variables.changed.join(" ")}`]
  const parts = [
    ...(is === "new" ? ["new service"] : []),
    ...movedText("ports", ports),
    ...movedText("mounts", mounts),
    ...movedText("variables", variables),
    ...changed,
    ...(is === "new" || settings.length === 0 ? [] : [`other ${settings.join(" ")}`])
  ]
  return `${service}: ${parts.join("; ")}`
}

const changeTexts = ({ configs, networks, secrets, services, volumes }: Changes): ReadonlyArray<string> => [
  ...services.map(serviceText),
  ...movedText("volumes", volumes),
  ...movedText("networks", networks),
  ...movedText("secrets", secrets),
  ...movedText("configs", configs)
]

export const changesText = ({ changes, images }: Pick<Preview, "changes" | "images">): string => {
  const entries = [
    ...images.map((image): readonly [string, string] => ["image", imageText(image)]),
    ...(changes === null ? [] : changeTexts(changes)).map((text): readonly [string, string] => ["change", text])
  ]
  return entries
    .flatMap(([name, text]) =>
      folded(text, width - hang.length).map((line, i) => (i === 0 ? `  ${name.padEnd(9)}  ${line}` : `${hang}${line}`))
    )
    .join("\n")
}
