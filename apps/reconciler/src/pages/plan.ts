/** What an upgrade would do and change, before it begins. Names and images only, never values (LAW-12). Pure. */
import type { Moved } from "@lastgood/core/domain/Outline"
import { verdictText } from "@lastgood/core/domain/policy/verdict"
import type { Preview } from "@lastgood/core/engine/Request"
import { instants } from "../reading/format.ts"
import { middle, version } from "./format.ts"
import { type Html, html, nothing } from "./html.ts"

const none = html`<span class="none">none</span>`

const imageText = (image: string | null): Html =>
  image === null ? none : html`<code title="${image}">${middle(image, 72)}</code>`

const images = ({ images: all }: Preview): Html =>
  all.length === 0
    ? nothing
    : html`<h2>Images</h2>
<div class="scroll"><table class="wide">
<thead><tr><th scope="col">Service</th><th scope="col">Now</th><th scope="col">Then</th><th scope="col">Says of itself</th></tr></thead>
<tbody>${all.map(
        ({ from, revision, service, source, to, version: of }) => html`<tr>
<th scope="row">${service}</th>
<td data-label="Now">${imageText(from)}</td>
<td data-label="Then">${imageText(to)}</td>
<td data-label="Says of itself">${[of, revision?.slice(0, 12), source].filter(Boolean).join(", ") || none}</td>
</tr>
`
      )}</tbody></table></div>`

const moved = (name: string, { added, removed }: Moved, changed: ReadonlyArray<string> = []): ReadonlyArray<Html> => [
  ...added.map((one) => html`<li class="added">${name} <code>${one}</code> is added</li>`),
  ...removed.map((one) => html`<li class="removed">${name} <code>${one}</code> is removed</li>`),
  ...changed.map((one) => html`<li>${name} <code>${one}</code> has another value</li>`)
]

const changes = ({ changes: all }: Preview): Html => {
  if (all === null) return nothing
  const ofServices = all.services.map(({ is, mounts, ports, service, settings, variables }) => {
    const parts = [
      ...moved("port", ports),
      ...moved("mount", mounts),
      ...moved("variable", variables, variables.changed),
      ...(is === "new" ? [] : settings.map((one) => html`<li><code>${one}</code> is another</li>`))
    ]
    const word = is === "new" ? " is new" : is === "removed" ? " is removed" : ""
    return html`<li><strong>${service}</strong>${word}${parts.length === 0 ? nothing : html`<ul>${parts}</ul>`}</li>`
  })
  const ofObjects = [
    ...moved("volume", all.volumes),
    ...moved("network", all.networks),
    ...moved("secret", all.secrets),
    ...moved("config", all.configs)
  ]
  return html`<h2>What changes in the compose file and the env</h2>
<p class="soft">Names only: values may be secret, so they are compared and not shown.</p>
<ul class="changes">${ofServices}${ofObjects}</ul>`
}

const notes = ({ releaseNotes }: Preview): Html =>
  releaseNotes.length === 0
    ? nothing
    : html`<h2>Release notes</h2>${releaseNotes.map(
        ({
          asks,
          text,
          version: of
        }) => html`<details open data-key="note ${of}"><summary>${version(of)}${asks === null ? nothing : html` <span class="state warn">asks for manual work</span>`}</summary>
<pre>${text === "" ? "(empty)" : text}</pre></details>`
      )}`

/** Images, changes, notes, and what the daemon would do by itself. */
export const planDetails = (preview: Preview): Html => {
  const { automatic, notes: hints, why } = preview
  const isSaid =
    automatic === null || (automatic.verdict !== "nothing" && automatic.reason !== "" && automatic.reason === why)
  return html`${isSaid ? nothing : html`<p>The daemon by itself: ${instants(verdictText(automatic))}.</p>`}
${hints.map((hint) => html`<p class="note warn">${hint}</p>`)}
${images(preview)}${changes(preview)}${notes(preview)}`
}
