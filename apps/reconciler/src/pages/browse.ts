/** What is in a snapshot: its archives, and the names in a folder of one. Names are shown, never followed. Pure. */
import type { ArchiveMember } from "@lastgood/core/snapshot/Members"
import { plural, size, visible } from "../reading/format.ts"
import { actPath } from "./acts/Act.ts"
import { appPath, browsePath } from "./address.ts"
import { ago, moment, version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"

/** `more`: how many are not shown. */
interface ListedMembers {
  readonly members: ReadonlyArray<Omit<ArchiveMember, "entry">>
  readonly more: number
}

export interface Browse {
  readonly app: string
  readonly snapshot: {
    readonly id: string
    readonly version: string | null
    readonly ts: string
    readonly archives: ReadonlyArray<{ readonly volume: string; readonly bytes: number }>
  }
  /** The archive that is open; empty: none. */
  readonly volume: string
  /** The folder in it, in bytes, as latin1. */
  readonly folder: string
  /** Why it cannot be listed; null: no archive is open. */
  readonly members: ListedMembers | { readonly why: string } | null
  /** Epoch milliseconds. */
  readonly now: number
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** Bytes as text, if they are; otherwise with what is not ASCII escaped. */
const nameText = (bytes: string): string => {
  try {
    return visible(utf8.decode(Buffer.from(bytes, "latin1"))).replaceAll("\n", "?")
  } catch {
    return [...bytes]
      .map((character) =>
        /[ -~]/.test(character) ? character : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
      )
      .join("")
  }
}

const kinds = { folder: "folder", file: "", link: "link", special: "special file" } as const

const crumbs = ({ app, folder, snapshot, volume }: Browse): Html => {
  const parts = folder.split("/").filter((part) => part !== "")
  return html`<nav aria-label="Folder" class="crumbs"><a href="${browsePath(app, snapshot.id)}">${snapshot.id}</a> / <a href="${browsePath(app, snapshot.id, volume)}">${volume}</a>${parts.map(
    (part, index) =>
      html` / <a href="${browsePath(app, snapshot.id, volume, parts.slice(0, index + 1).join("/"))}">${nameText(part)}</a>`
  )}</nav>`
}

const list = ({ app, folder, snapshot, volume }: Browse, { members, more }: ListedMembers): Html => html`${
  members.length === 0
    ? html`<p class="soft">Nothing is in this folder.</p>`
    : html`<div class="scroll"><table>
<thead><tr><th scope="col">Name</th><th scope="col" class="number">Size</th><th scope="col">What</th></tr></thead>
<tbody>${members.map(({ bytes, files, kind, name }) => {
        const text = nameText(name)
        const below = folder === "" ? name : `${folder}/${name}`
        const shown =
          kind === "folder" ? html`<a href="${browsePath(app, snapshot.id, volume, below)}">${text}/</a>` : text
        return html`<tr><th scope="row" class="file">${shown}</th><td class="number">${size(bytes)}</td><td>${kind === "folder" ? plural(files, "file") : kinds[kind]}</td></tr>
`
      })}</tbody></table></div>`
}
${more === 0 ? nothing : html`<p class="soft">And ${more} more.</p>`}`

const archives = ({ app, snapshot }: Browse): Html => html`<h2>Archives</h2>
${
  snapshot.archives.length === 0
    ? html`<p class="soft">None: the app had no data.</p>`
    : html`<div class="scroll"><table><thead><tr><th scope="col">Volume</th><th scope="col" class="number">Size</th></tr></thead>
<tbody>${snapshot.archives.map(({ bytes, volume }) => html`<tr><th scope="row"><a href="${browsePath(app, snapshot.id, volume)}">${volume}</a></th><td class="number">${size(bytes)}</td></tr>`)}</tbody></table></div>`
}`

export const browsePage = (page: Browse): Html => {
  const { app, members, now, snapshot } = page
  return html`<p class="back"><a href="${appPath(app)}">${app}</a></p>
<h1>Snapshot ${snapshot.id}</h1>
<p>Of ${version(snapshot.version)}, taken ${ago(snapshot.ts, now)} <span class="soft">(${moment(snapshot.ts)})</span>. <a href="${actPath("restore", app, snapshot.id)}">Restore it</a></p>
${members === null ? archives(page) : crumbs(page)}
${members === null ? nothing : "why" in members ? html`<p class="note warn">${members.why}</p>` : list(page, members)}`
}
