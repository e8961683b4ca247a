/** The snapshots of an app, and the data that rollbacks set aside. Pure. */
import type { FolderSize } from "@lastgood/core/disk/folderSize"
import { folderSizeText } from "@lastgood/core/disk/folderSize"
import { size } from "../reading/format.ts"
import type { ShownSnapshot } from "../reading/snapshots.ts"
import type { ShownStanding } from "../reading/standings.ts"
import { actPath } from "./acts/Act.ts"
import { browsePath } from "./address.ts"
import { ago, moment, version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"
import { badge } from "./state.ts"

export interface AsideShown {
  readonly until: string
  readonly paths: ReadonlyArray<{ readonly path: string; readonly size: FolderSize }>
}

const whole = (verified: boolean | null): Html =>
  verified === null
    ? html`<span class="soft">not verified yet</span>`
    : verified
      ? badge("good", "whole")
      : badge("bad", "damaged")

const total = (snapshots: ReadonlyArray<ShownSnapshot>): string =>
  size(snapshots.reduce((sum, { bytes }) => sum + bytes, 0))

export const snapshotTable = ({
  now,
  snapshots: all,
  standing
}: {
  readonly now: number
  readonly snapshots: ReadonlyArray<ShownSnapshot>
  readonly standing: Pick<ShownStanding, "app">
}): Html => html`<section id="snapshots"><h2>Snapshots</h2>
${
  all.length === 0
    ? html`<p class="soft">None. The next upgrade takes one before it deploys.</p>`
    : html`<p class="soft">${total(all)} in all.</p><div class="scroll"><table class="wide">
<thead><tr><th scope="col">Snapshot</th><th scope="col">Version</th><th scope="col">Taken</th><th scope="col" class="number">Size</th><th scope="col">Archives</th><th scope="col">Restore</th></tr></thead>
<tbody>${all.toReversed().map(
        ({ bytes, current, id, ts, verified, version: of, volumes }) => html`<tr data-key="snapshot ${id}">
<th scope="row"><a href="${browsePath(standing.app, id)}"><code>${id}</code></a>${current ? html` <span class="soft">newest</span>` : nothing}</th>
<td data-label="Version">${version(of)}</td>
<td data-label="Taken">${ago(ts, now)}</td>
<td data-label="Size" class="number">${size(bytes)}</td>
<td data-label="Archives">${whole(verified)}<span class="detail">${volumes.length === 0 ? "no volumes" : volumes.join(", ")}</span></td>
<td>${verified === false || of === null ? nothing : html`<a href="${actPath("restore", standing.app, id)}">Restore<span class="spoken"> ${id}</span></a>`}</td>
</tr>
`
      )}</tbody></table></div>`
}</section>`

export const asideList = (all: ReadonlyArray<AsideShown>): Html =>
  all.length === 0
    ? nothing
    : html`<section id="aside"><h2>Set aside by rollbacks</h2>
<div class="scroll"><table class="wide"><thead><tr><th scope="col">Data</th><th scope="col">Size</th><th scope="col">Kept until</th></tr></thead>
<tbody>${all.flatMap(({ paths, until }) =>
        paths.map(
          ({
            path,
            size: held
          }) => html`<tr><th scope="row"><code>${path}</code></th><td data-label="Size">${folderSizeText(held)}</td><td data-label="Kept until">${moment(until)}</td></tr>
`
        )
      )}</tbody></table></div></section>`
