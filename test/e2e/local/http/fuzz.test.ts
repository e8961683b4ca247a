/** The HTTP API against Schemathesis, which makes requests from the API's own OpenAPI document and judges the answers. */
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { describeNeeding } from "../../../needing.ts"
import { expectNoOldCodeOnNewData, expectWholeLog } from "../../expect.ts"
import { serving } from "./serving.ts"

const script = join(import.meta.dirname, "schemathesis.sh")
const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lastgood-test/schemathesis-4.32.5")
const missing = existsSync(join(folder, "done")) ? null : `Schemathesis is not installed (run ${script})`

const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "missing_required_header",
  "unsupported_method",
  "allow_header_conformance",
  "ignored_auth"
]

describeNeeding("LASTGOOD_TEST_SCHEMATHESIS", missing, "the HTTP API, fuzzed", () => {
  /** Verifies: LAW-2, LAW-6 */
  it.live(
    "answers every request as its OpenAPI document says",
    () =>
      Effect.gen(function* () {
        const { isUp, port, start, token, world } = yield* serving("", {
          config: "    interval: 1h\n  other: { recipe: ./recipe, runtime: local, env: ./other.env, interval: 1h }\n"
        })
        yield* world.write("other.env", "PORT=1\n")
        const daemon = yield* start
        const bearer = yield* token
        const { exitCode, stdout } = yield* Effect.promise(() =>
          execa(
            join(folder, "venv/bin/st"),
            [
              ...["run", `http://127.0.0.1:${port}/openapi.json`, "--header", `Authorization: Bearer ${bearer}`],
              ...["--checks", checks.join(","), "--phases", "coverage,fuzzing", "--max-examples", "5"],
              ...["--max-time", "30", "--request-timeout", "60", "--workers", "2", "--no-color"],
              ...["--seed", "1", "--generation-database", "none"]
            ],
            {
              cwd: world.home,
              reject: false,
              stdin: "ignore",
              env: { NO_PROXY: "127.0.0.1", PYTHONDONTWRITEBYTECODE: "1" }
            }
          )
        )
        assert.strictEqual(exitCode, 0, stdout)
        assert.match(stdout, /\d+ generated, .*passed|No issues found/s)
        assert.isTrue(daemon.isRunning(), daemon.said())
        assert.isTrue(yield* isUp)
        assert.notInclude(daemon.said(), "this is a bug in lastgood")
        yield* expectWholeLog(world)
        yield* expectNoOldCodeOnNewData(world)
      }),
    300_000
  )
})
