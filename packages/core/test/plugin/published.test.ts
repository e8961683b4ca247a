/** `@lastgood/plugin` on JSR has the contract of a plugin without core's dependencies: both must say the same. */
import { assert, describe, it } from "@effect/vitest"
import * as lean from "../../../plugin/src/checks.ts"
import type * as leanPlugin from "../../../plugin/src/mod.ts"
import type { WrittenKind } from "../../src/domain/Check.ts"
import * as core from "../../src/plugin/checks.ts"
import type * as corePlugin from "../../src/plugin/definePlugin.ts"

/** Compiles only where each is assignable to the other. */
type Same<A extends B, B extends C, C = A> = [A, B, C]

interface Settings {
  readonly port: number
}

export type Checked = [
  // Each kind has a function that makes it.
  Same<keyof typeof core, WrittenKind | "check">,
  Same<keyof typeof lean, WrittenKind | "check">,
  Same<leanPlugin.PluginCheck, core.PluginCheck>,
  Same<leanPlugin.PluginApp<Settings>, corePlugin.PluginApp<Settings>>,
  Same<leanPlugin.Plugin, corePlugin.Plugin>,
  Same<leanPlugin.Plugin<Settings>, corePlugin.Plugin<Settings>>
]

const look = () => undefined

describe("@lastgood/plugin", () => {
  it("makes the same checks as core", () => {
    const made = ({ check, container, exec, grpc, http, tcp }: typeof core | typeof lean) => [
      http({ path: "/health", status: 204, contains: "ok", timeout: "1s" }),
      http({ url: "http://127.0.0.1/" }),
      tcp("127.0.0.1:1"),
      grpc("127.0.0.1:1"),
      grpc("[::1]:1", { service: "shop.Cart", tls: true, timeout: "1s" }),
      exec("true", { service: "app" }),
      check("rows", look, { timeout: "2s" }),
      container(),
      container("app")
    ]
    assert.deepStrictEqual(made(lean), made(core))
  })

  it("exports the same makers", () => assert.sameMembers(Object.keys(lean), Object.keys(core)))
})
