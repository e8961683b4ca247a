import { assert, describe, it } from "@effect/vitest"
import { exampleApp } from "../../../plugins/src/testkit.ts"
import { settle } from "../../src/config/settle.ts"
import type { ConfiguredApp } from "../../src/domain/App.ts"
import { declarationsOf } from "../../src/recipe/declarations.ts"

const app = exampleApp("shop")
const tag = "1.0.0+1.0.0"
const judged = (labels: Readonly<Record<string, string>>, to: ConfiguredApp = app) =>
  declarationsOf(to, [{ name: "web", labels, healthcheck: null }], tag).map(({ label, verdict, why }) => [
    label.replace(app.stack, "<stack>"),
    verdict,
    why
  ])
const verdicts = (labels: Readonly<Record<string, string>>, to: ConfiguredApp = app) =>
  judged(labels, to).map(([, verdict]) => verdict)

describe("the effect of labels", () => {
  it("is reported for each label, with the reason", () => {
    const configured = settle(app, { policy: "major" }, "config")
    const said = judged(
      {
        "lastgood.policy": "patch",
        "lastgood.minimumAge": "2d",
        "lastgood.health.exec": "PGPASSWORD=hunter2 psql",
        "lastgood.snapshot.keep": "none",
        "lastgood.version": "1",
        "backupbot.backup": "true",
        "backupbot.backup.volumes.cache": "false",
        "backupbot.backup.volumes.db.path": "dump.sql",
        "backupbot.backup.pre-hook": "mysqldump -phunter2",
        [`coop-cloud.${app.stack}.timeout`]: "120",
        [`coop-cloud.${app.stack}.version`]: "0.9.0+1.0.0",
        [`coop-cloud.${app.stack}.chaos`]: "false"
      },
      configured
    )
    assert.deepStrictEqual(
      said.map(([label, verdict]) => [label, verdict]),
      [
        ["lastgood.policy", "overridden"],
        ["lastgood.minimumAge", "used"],
        ["lastgood.health.exec", "used"],
        ["lastgood.snapshot.keep", "invalid"],
        ["lastgood.version", "ignored"],
        ["backupbot.backup", "ignored"],
        ["backupbot.backup.volumes.cache", "ignored"],
        ["backupbot.backup.volumes.db.path", "ignored"],
        ["backupbot.backup.pre-hook", "ignored"],
        ["coop-cloud.<stack>.timeout", "used"],
        ["coop-cloud.<stack>.version", "differs"],
        ["coop-cloud.<stack>.chaos", "ignored"]
      ]
    )
    assert.notInclude(JSON.stringify(said), "hunter2")
    assert.isTrue(said.every(([, , why]) => why !== ""))
  })

  it("of a timeout depends on other deadlines and on its value", () => {
    const timeout = (value: string) => ({ [`coop-cloud.${app.stack}.timeout`]: value })
    assert.deepStrictEqual(verdicts(timeout("120")), ["used"])
    assert.deepStrictEqual(verdicts(timeout("")), ["ignored"])
    assert.deepStrictEqual(verdicts(timeout("5")), ["ignored"])
    assert.deepStrictEqual(verdicts(timeout("120"), settle(app, { health: { deadline: 60_000 } }, "config")), [
      "overridden"
    ])
    assert.deepStrictEqual(verdicts({ ...timeout("120"), "lastgood.health.deadline": "1m" }), ["overridden", "used"])
  })

  it("of an invalid label is overridden if the configuration sets the key", () => {
    const configured = settle(app, { policy: "major" }, "config")
    assert.deepStrictEqual(verdicts({ "lastgood.policy": "weekly" }, configured), ["overridden"])
  })
})
