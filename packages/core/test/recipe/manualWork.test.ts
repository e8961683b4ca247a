import { assert, describe, it } from "@effect/vitest"
import { asksForWork } from "../../src/recipe/manualWork.ts"

const asking = [
  "This release needs a manual migration of the database.",
  "Run `abra app secret generate example.org jwt_secret v1` before deploying.",
  "# 2.0.0\n\n- new image\n- You must set `SMTP_FROM` in your .env",
  "BREAKING: the volume `data` is called `app_data` now",
  "**Important**: Nextcloud 30 drops PHP 8.0",
  "Before upgrading, make a dump.",
  "After the upgrade run occ db:add-missing-indices",
  "You'll need to add a new secret.",
  "New secret `db_root_password` was introduced",
  "Please add COMPOSE_FILE to the env file",
  "Do not upgrade from 1.x directly.",
  "There is one step\n\n```\ndocker exec $(docker ps -q) pg_upgrade\n```",
  "1. Run the importer",
  "Manual\nintervention is required",
  "No manual steps are required, but you must rename the volume.",
  "No manual work other than a new secret"
]

const telling = [
  "",
  "Update to Keycloak 26.4.7. Fixes CVE-2026-1234.",
  "- Add a dark theme\n- Remove the old logo\n- Change the default colour",
  "Database migrations run automatically at the first start.",
  "No manual steps are required.",
  "There are no breaking changes in this release.",
  "No action needed",
  "Nothing to do manually.",
  "Runs as a non-root user now.\nRun as user 1000.",
  "Non-breaking changes only",
  "The healthcheck is retried before the container counts as failed.",
  "feat: upgrade traefik to v3.1"
]

describe("a release note", () => {
  it.each(asking)("asks for manual work: %j", (text) => assert.isNotNull(asksForWork(text)))
  it.each(telling)("does not ask for manual work: %j", (text) => assert.isNull(asksForWork(text)))

  it("is quoted on one line, with the phrase that asks for work", () => {
    const text = "# 2.0.0\n\nA new logo.\n\n- faster\n- the env file\n  must be changed\n- smaller"
    assert.strictEqual(asksForWork(text), "- the env file must be changed")
  })

  it("is parsed quickly if it consists of incomplete phrases", () => {
    for (const piece of ["no manual ", "you ", "please ", "before the ", "\n1. ", "- ", "required "]) {
      const start = performance.now()
      asksForWork(piece.repeat(Math.ceil(65_536 / piece.length)))
      assert.isBelow(performance.now() - start, 1000, piece)
    }
  })
})
