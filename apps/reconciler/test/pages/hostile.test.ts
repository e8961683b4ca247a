/** Texts of recipes, apps, operators and archives on every page. */
import { assert, describe, it } from "@effect/vitest"
import { make } from "@lastgood/core/domain/Event"
import { initialStateOf } from "@lastgood/core/domain/State"
import { actNames } from "../../src/pages/acts/Act.ts"
import { confirmPage } from "../../src/pages/acts/confirm.ts"
import { confirmOf } from "../../src/pages/acts/confirmOf.ts"
import { type AppPage, announcementOf, appPage } from "../../src/pages/app.ts"
import { attemptPage } from "../../src/pages/attemptPage.ts"
import { browsePage } from "../../src/pages/browse.ts"
import { html } from "../../src/pages/html.ts"
import { pageText } from "../../src/pages/layout.ts"
import { overview, summary } from "../../src/pages/overview.ts"
import { actRefused, notFound, unavailable } from "../../src/pages/signIn.ts"

const at = "2026-11-30T03:00:00.000Z"
const now = Date.parse("2026-11-30T04:00:00Z")

/** Each would become an element of its own, or a handler, where a value is not escaped. */
const hostile = [
  "<evil>",
  `"><evil a="`,
  `'><evil a='`,
  `</title></pre></textarea><evil>`,
  `" evil="1" x="`,
  "javascript:evil()",
  "\u202e<evil>\u0000",
  "]]><evil>--><evil>"
]

/** All pages, with the text wherever a value comes from outside. */
const pagesWith = (text: string): ReadonlyArray<string> => {
  const ref = { version: text, commit: "c" }
  const reason = `${text}; last log lines: web | ${text}; ${text} | ${text}`
  const alert = {
    ...({
      app: text,
      id: text,
      at,
      state: "open",
      subject: text,
      outcome: text,
      attempted: text,
      lastGood: text
    } as const),
    ...{ recovered: false, why: reason, next: text, deliveredTo: [], owedTo: [], acknowledged: null, resolved: null }
  } as const
  const standing: AppPage["standing"] = {
    ...({ app: text, phase: "unhealthy", running: text, lastGood: text, snapshot: text, workedOnBy: text } as const),
    quarantined: [
      { version: text, reason, until: at },
      { version: `${text} `, reason, until: null }
    ],
    stopped: null,
    ...{ held: { reason: text, until: at }, waitingFor: text, approved: { version: text, at } },
    ...{ setAside: [], lastOutcome: { outcome: text, why: text, at }, since: at, health: { ok: false, seen: text } },
    now: {
      version: text,
      services: [
        { name: text, state: text, ok: false, image: text, digest: text, since: at, restarts: 1, health: "unhealthy" }
      ]
    },
    drift: { kind: "drift", what: text, next: text },
    ...{ envChanged: true, nextCheck: at, reason: text, next: text }
  }
  const step = { step: text, at, until: at, ok: false, isBack: true }
  const attempt = {
    ...({
      id: text,
      kind: "upgrade",
      at,
      endedAt: null,
      from: text,
      to: `${text}2`,
      outcome: null
    } as const),
    ...{ why: reason, steps: [step, { ...step, until: null }], isBack: true }
  } as const
  const downtime = { attempt: text, at, ms: 1000, downSince: at, steps: [], current: null, bytes: 1, isGood: false }
  const snapshot = {
    ...{ app: text, id: text, version: text, commit: "c", ts: at, bytes: 1, volumes: [text] },
    ...{ verified: true, current: true }
  }
  const app: AppPage = {
    ...{ standing, attempts: [attempt], begun: 2, remaining: [text], downtimes: [downtime], snapshots: [snapshot] },
    series: {
      downtimes: [{ at, ms: 1, isGood: false }],
      sizes: [{ at, bytes: 1 }],
      health: [{ at, isWell: false }]
    },
    aside: [{ until: at, paths: [{ path: text, size: { bytes: 1, files: 1, isPartial: false } }] }],
    ...{ alerts: [alert], refused: { version: `${text}3`, gate: "policy" }, now }
  }
  const seen = {
    ...{ apps: [standing], alerts: [alert], snapshots: new Map([[text, at]]), onlyTrouble: true, search: text, now }
  }
  const state = {
    ...initialStateOf(text),
    ...{ running: ref, data: ref, lastGood: ref, held: { reason: text, until: null }, external: [text] },
    quarantined: [{ ...ref, reason, failures: 1, until: null }],
    approved: { ...ref, at },
    snapshots: [
      {
        ...{ id: text, version: `${text}0`, commit: "d", at, bytes: 1, attempt: null, volumes: [], spent: false },
        ...{ verified: true, parent: null, floor: null }
      }
    ]
  }
  const moved = { added: [text], removed: [text] }
  const preview = {
    ...({
      app: text,
      running: text,
      lastGood: text,
      action: "upgrade",
      to: text,
      steps: [text, "undeploy"],
      why: text
    } as const),
    ...{ next: text, refusal: null, notes: [text], downtime: null },
    automatic: { verdict: "wait", version: text, gate: text, reason: text, until: at },
    releaseNotes: [{ version: text, text, asks: text }],
    images: [{ service: text, from: text, to: text, version: text, source: text, revision: text }],
    changes: {
      services: [
        {
          ...({ service: text, is: "changed", ports: moved, mounts: moved, settings: [text] } as const),
          variables: { ...moved, changed: [text] }
        }
      ],
      ...{ volumes: moved, networks: moved, secrets: moved, configs: moved }
    }
  } as const
  const confirms = actNames.flatMap((name) =>
    [preview, { why: text, next: text }].map((one) => {
      const act = { name, app: text, subject: name === "acknowledge" || name === "restore" ? text : "" }
      const asking = { act, state, alerts: [alert], preview: one, asksNotes: true, now }
      return confirmPage({ ...confirmOf(asking), once: "n".repeat(24) })
    })
  )
  const events = [
    make("DeployFailed", { version: text, commit: text, reason, next: text }),
    { _tag: "Unknown", type: text, v: 9, data: { text } } as never
  ].map((event, index) => ({ version: index + 1, at, attempt: text, event }))
  const archive = { id: text, version: text, ts: at, archives: [{ volume: text, bytes: 1 }] }
  const members = {
    members: (["folder", "file", "link"] as const).map((kind) => ({ name: `${text}\n\xff`, kind, bytes: 1, files: 1 })),
    more: 1
  }
  const bodies = [
    overview(seen),
    appPage(app),
    attemptPage({ app: text, attempt, downtime, remaining: [text], now, events: events.slice(0, 1), more: 1 }),
    ...confirms,
    browsePage({ app: text, snapshot: archive, volume: text, folder: `${text}/${text}`, members, now }),
    browsePage({ app: text, snapshot: archive, volume: "", folder: "", members: null, now }),
    browsePage({ app: text, snapshot: archive, volume: text, folder: "", members: { why: text }, now }),
    notFound(text),
    unavailable(text, text),
    actRefused(text, text),
    html`${text}`
  ]
  return bodies.map((body) =>
    pageText({
      title: text,
      host: text,
      body,
      live: { app: text, position: 1, said: `${announcementOf(app)} ${summary(seen)}` }
    })
  )
}

describe("every page", () => {
  /** Verifies: LAW-13 */
  it("shows texts from outside as text", () => {
    for (const text of hostile) {
      for (const page of pagesWith(text)) {
        assert.notMatch(page, /<\/?evil|\sevil="/, `${text}: ${page.slice(page.search(/<\/?evil|\sevil="/), 200)}`)
        // Every address is a path of this daemon, and nothing runs that is written on a page.
        for (const [, address] of page.matchAll(/(?:href|action|src)="([^"]*)"/g))
          assert.match(address ?? "", /^(?:\/(?!\/)|#)/)
        assert.notMatch(page, /<[^>]*\s(?:on[a-z]+|style)=/)
        assert.strictEqual(page.match(/<script/g)?.length, 1)
      }
    }
  })
})
