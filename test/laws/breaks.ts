/**
 * The code of each law, broken on purpose: what `npm run laws` does to a copy of the tree, and which tests must see it.
 * `breaks.test.ts` holds this list to the code: each `find` is there exactly once, and each test file cites the law.
 */

export interface Break {
  readonly law: `LAW-${number}`
  /** What no longer holds. */
  readonly what: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Fast ones first: the run ends at the first failure. */
  readonly tests: ReadonlyArray<string>
}

const core = (path: string): string => `packages/core/src/${path}`
const unit = (path: string): string => `packages/core/test/${path}.test.ts`
const conformance = (name: string): string => `test/conformance/${name}.test.ts`
const local = (name: string): string => `test/e2e/local/${name}.test.ts`

export const breaks: ReadonlyArray<Break> = [
  {
    law: "LAW-1",
    what: "an engine that does not answer a list has nothing",
    file: core("runtime/docker/engineReads.ts"),
    find: 'const answer = yield* ask(socket, listPath(noun, label))\n  if (answer._tag !== "found") return null',
    replace: 'const answer = yield* ask(socket, listPath(noun, label))\n  if (answer._tag !== "found") return []',
    tests: [unit("runtime/engineSocket")]
  },
  {
    law: "LAW-1",
    what: "an answer of another shape lists nothing",
    file: core("runtime/docker/engineReads.ts"),
    find: "return yield* Effect.orElseSucceed(idsIn(noun, answer.text), () => null)",
    replace: "return yield* Effect.orElseSucceed(idsIn(noun, answer.text), () => [])",
    tests: [unit("runtime/engineSocket")]
  },
  {
    law: "LAW-1",
    what: "other users' processes on a volume are ignored",
    file: core("runtime/local/Quiet.ts"),
    find: "  ...others.map(({ what }) => what)\n",
    replace: "",
    tests: [conformance("LocalRuntime")]
  },
  {
    law: "LAW-1",
    what: "a process that is only known by its control group does not belong to the app",
    file: core("runtime/local/Containment.ts"),
    find: 'if (found !== null) return found.group === names?.group ? { of: "app", process: found.process } : { of: "another" }',
    replace: "",
    tests: [conformance("LocalContainment")]
  },
  {
    law: "LAW-1",
    what: "a process that is only known by its inherited limit does not belong to the app",
    file: core("runtime/local/Containment.ts"),
    find: "?.[1] === bytes ?",
    replace: "?.[1] === null ?",
    tests: [conformance("LocalContainment")]
  },
  {
    law: "LAW-1",
    what: "a file that a loop device writes to counts as open by nobody",
    file: core("host/KernelUsers.ts"),
    find: "  ...loopsOn(folders, mounts, whom),\n",
    replace: "",
    tests: [unit("host/FolderUsers")]
  },
  {
    law: "LAW-1",
    what: "quiet is not proven again after the archives are written",
    file: core("engine/steps/Work.ts"),
    find: "act(quiet)",
    replace: "act(Effect.void)",
    tests: [conformance("SnapshotQuiet")]
  },
  {
    law: "LAW-1",
    what: "a stack's containers are ignored once its services are gone",
    file: core("runtime/swarm/quiet.ts"),
    find: "containers: containers.filter((container) => labelOf(container, namespaceLabel) === app.stack),",
    replace: "containers: [],",
    tests: ["test/docker/Swarm.test.ts"]
  },
  {
    law: "LAW-1",
    what: "a project's containers are ignored before it counts as down",
    file: core("runtime/compose/quiet.ts"),
    find: "    containers: containers.filter(isOwn),\n",
    replace: "    containers: [],\n",
    tests: ["test/docker/Compose.test.ts"]
  },
  {
    law: "LAW-2",
    what: "a failed upgrade rolls back to the old version without its data",
    file: core("domain/advancing/forwardFailed.ts"),
    find: 'return a.deployBegun ? "dataBack" : "versionBack"',
    replace: 'return a.deployBegun && !a.snapshotTaken ? "dataBack" : "versionBack"',
    tests: [unit("domain/advance")]
  },
  {
    law: "LAW-2",
    what: "an older version may be deployed on newer data",
    file: core("domain/decideDeploy.ts"),
    find: "if (data !== null && compareVersions(to.version, data.version) < 0) {",
    replace: "if (data !== null && compareVersions(to.version, data.version) < -9) {",
    tests: [unit("domain/decide")]
  },
  {
    law: "LAW-2",
    what: "a try is rolled back without its data",
    file: core("domain/trying.ts"),
    find: "    plan: rollbackPlan({ to: fromOf(a), snapshot: a.snapshot })",
    replace: "    plan: rollbackPlan({ to: fromOf(a), snapshot: null })",
    tests: [unit("domain/trying")]
  },
  {
    law: "LAW-3",
    what: "archives are unpacked without being verified",
    file: core("snapshot/Staging.ts"),
    find: "    yield* assertIntact(app, folder, meta)\n",
    replace: "",
    tests: [conformance("SnapshotTar")]
  },
  {
    law: "LAW-3",
    what: "the first volume is touched before all are known to be staged",
    file: core("snapshot/Swap.ts"),
    find: "    for (const place of places) yield* assertReady(app, place)\n",
    replace: "",
    tests: [conformance("SnapshotTar"), unit("snapshot/Swap")]
  },
  {
    law: "LAW-3",
    what: "the volumes of a removed app are deleted although its last snapshot could not be verified",
    file: core("domain/advancing/forwardFailed.ts"),
    find: '  if (a.kind === "remove" && step === "seal") return "versionBack"\n',
    replace: "",
    tests: [unit("domain/removing"), local("life")]
  },
  {
    law: "LAW-6",
    what: "an app can be acted on under its former name while its rename is not finished",
    file: core("domain/decide.ts"),
    find: "  if (state.renamed !== undefined) return reject(...refusedAsRenamed(state.renamed))\n",
    replace: "",
    tests: [unit("domain/renaming")]
  },
  {
    law: "LAW-4",
    what: "an app is forgotten with its snapshots while its rename is not finished",
    file: core("domain/forgetting.ts"),
    find: "  if (state.renamed !== undefined) {\n",
    replace: "  if (state.renamed !== undefined && false) {\n",
    tests: [unit("domain/forgetting")]
  },
  {
    law: "LAW-7",
    what: "tools of a lastgood that finished a rename hold the claim that made way for the folder",
    file: core("engine/running.ts"),
    find: "[claim?.fd ?? fd]",
    replace: "[fd]",
    tests: [local("oneHand")]
  },
  {
    law: "LAW-6",
    what: "the log of a renamed app begins anew",
    file: core("log/eachPage.ts"),
    find: ' && first.type === "AppContinued"\n',
    replace: " && false\n",
    tests: [unit("engine/folds"), local("rename")]
  },
  {
    law: "LAW-15",
    what: "an app whose data was deleted is deployed without it",
    file: core("domain/decideDeploy.ts"),
    find: "  if (gone !== null && !withoutData) return reject(gone.reason, gone.next)\n",
    replace: "",
    tests: [unit("domain/removing"), local("life")]
  },
  {
    law: "LAW-16",
    what: "a stopped app that somebody else started is not drift",
    file: core("domain/drift.ts"),
    find: "strange.length > 0 || stopped === undefined ?",
    replace: "strange.length >= 0 || stopped === undefined ?",
    tests: [unit("domain/stopping")]
  },
  {
    law: "LAW-2",
    what: "a version is put back with a compose file that came into the folder after it",
    file: core("runtime/compose/source.ts"),
    find: "return isWhole ? [] : [folder]",
    replace: "return [folder]",
    tests: [unit("runtime/compose/source")]
  },
  {
    law: "LAW-3",
    what: "a volume is swapped under the root although it is on another mount, since another volume was staged there",
    file: core("snapshot/Place.ts"),
    find: 'return found._tag === "Some"',
    replace: "return true",
    tests: [unit("snapshot/Swap")]
  },
  {
    law: "LAW-3",
    what: "a restore empties what was external when its snapshot was taken",
    file: core("engine/steps/restore.ts"),
    find: " || !isAmong(external, name)",
    replace: "",
    tests: [unit("engine/restore")]
  },
  {
    law: "LAW-3",
    what: "a snapshot that has lost a volume since it was taken counts as whole",
    file: core("engine/asTaken.ts"),
    find: "(taken?.volumes ?? [])",
    replace: "(taken?.volumes ?? []).slice(9)",
    tests: [unit("engine/asTaken"), local("operator")]
  },
  {
    law: "LAW-4",
    what: "the previous snapshot is removed before the new one is published",
    file: core("snapshot/Shelf.ts"),
    find: "    yield* linkDurably(linkTarget(id), nextLinkOf(app))\n",
    replace: '    yield* io("remove", linkOf(app), () => fs.rm(linkOf(app), { force: true }))\n',
    tests: [unit("snapshot/Shelf"), unit("snapshot/Kill")]
  },
  {
    law: "LAW-4",
    what: "the newest snapshot may be pruned",
    file: core("domain/retention.ts"),
    find: '    if (id === newest) return stay("the newest")\n',
    replace: "",
    tests: [unit("domain/retention")]
  },
  {
    law: "LAW-4",
    what: "an operator may prune the newest snapshot",
    file: core("domain/pruning.ts"),
    find: '  need(snapshots.at(-1), "it is the newest snapshot", newerFirst)\n',
    replace: "",
    tests: [unit("domain/retention")]
  },
  {
    law: "LAW-4",
    what: "an operator may prune the newest whole snapshot of the last good version",
    file: core("domain/pruning.ts"),
    find: "need(restorable,",
    replace: "need(undefined,",
    tests: [unit("domain/retention")]
  },
  {
    law: "LAW-3",
    what: "volumes are deleted whatever has happened to the last snapshot since it was sealed",
    file: core("engine/steps/erase.ts"),
    find: "  if (doomed.length > 0) yield* assertWhole(work, last)\n",
    replace: "",
    tests: [local("life")]
  },
  {
    law: "LAW-13",
    what: "files are extracted through a link that was put in the place of the folder",
    file: core("snapshot/IntoFolder.ts"),
    find: "constants.O_DIRECTORY | constants.O_NOFOLLOW",
    replace: "constants.O_DIRECTORY",
    tests: [unit("snapshot/IntoFolder")]
  },
  {
    law: "LAW-15",
    what: "data is restored to the old path of a project that was moved",
    file: core("engine/steps/movedFolder.ts"),
    find: "if (from !== undefined) return",
    replace: "if (from === to) return",
    tests: [unit("engine/movedFolder")]
  },
  {
    law: "LAW-15",
    what: "an app is started on what is left of its data after an erase that was cut off",
    file: core("domain/folding/removal.ts"),
    find: "doomed?.begun !== 1",
    replace: "doomed === undefined",
    tests: [unit("domain/removing")]
  },
  {
    law: "LAW-15",
    what: "a volume that may be deleted in part counts as whole",
    file: core("engine/steps/erase.ts"),
    find: "(isBegun ? error : new NothingErased(whyOf(error)))",
    replace: "new NothingErased(whyOf(error))",
    tests: [unit("engine/erase")]
  },
  {
    law: "LAW-16",
    what: "mirrors are made of data that somebody put in place of the app's",
    file: core("engine/ahead.ts"),
    find: 'driftNow(state, seen) !== null) return "nothing"',
    replace: 'driftNow(state, seen) === undefined) return "nothing"',
    tests: [local("mirrorAhead")]
  },
  {
    law: "LAW-16",
    what: "a pass does not claim a stopped app whose data is missing",
    file: core("engine/nothingToDo.ts"),
    find: "  if (driftNow(state, world.seen) !== null) return unasked\n",
    replace: "",
    tests: [local("idle")]
  },
  {
    law: "LAW-5",
    what: "a failed health gate counts as passed",
    file: core("engine/steps/health.ts"),
    find: "const wrong = passed ? yield* notWhatWasAsked(work, ref) : reason",
    replace: "const wrong = passed ? yield* notWhatWasAsked(work, ref) : null",
    tests: [local("rollback")]
  },
  {
    law: "LAW-5",
    what: "an attempt that was rolled back moves the last good version",
    file: core("domain/folding/outcomes.ts"),
    find: "{ ...resolvedByReturn(state, lastGood, at, keep), snapshots, lastGood, lastGoodAt: at }",
    replace: "{ ...state, snapshots, lastGood: state.attempt?.attempted ?? null, lastGoodAt: at }",
    tests: [unit("domain/advance")]
  },
  {
    law: "LAW-6",
    what: "the command of a try that was interrupted runs again",
    file: core("domain/trying.ts"),
    find: 'if (a.direction === "back" || a.kind !== "try" || a.failed !== null) return null',
    replace: "if (a.id !== a.snapshot) return null",
    tests: [unit("domain/trying")]
  },
  {
    law: "LAW-6",
    what: "what was folded or saved of one log is used for another",
    file: core("engine/Journal.ts"),
    find: "isSame ||= page[0]?.hash === known.hash",
    replace: "isSame = true",
    tests: [unit("engine/folds"), unit("engine/savedStates")]
  },
  {
    law: "LAW-6",
    what: "a torn saved state is used",
    file: core("engine/savedState.ts"),
    find: 'end !== "" || header !== headerOf(place, hash, body)',
    replace: 'end === "none"',
    tests: [unit("engine/savedStates")]
  },
  {
    law: "LAW-6",
    what: "verify ignores the hash of the previous event",
    file: core("log/HashChain.ts"),
    find: "...(prev === expected.hash",
    replace: "...(prev.length === expected.hash.length",
    tests: [conformance("EventStoreSqliteTamper")]
  },
  {
    law: "LAW-6",
    what: "an event can be changed in place",
    file: core("log/SqliteSchema.ts"),
    find: "CREATE TRIGGER events_no_update BEFORE UPDATE ON events\nBEGIN SELECT RAISE(ABORT, 'the log is append-only: UPDATE refused'); END;",
    replace: "",
    tests: [conformance("EventStoreSqlite")]
  },
  {
    law: "LAW-7",
    what: "a held claim is taken",
    file: core("claim/ClaimsFlock.ts"),
    find: "Effect.map(({ code }) => code === 0),",
    replace: "Effect.map(() => true),",
    tests: [unit("claim/ClaimsFlock")]
  },
  {
    law: "LAW-7",
    what: "a tool that outlives lastgood does not keep the claim",
    file: core("process/Tool.ts"),
    find: '"pipe", ...fds],',
    replace: '"pipe"],',
    tests: [unit("claim/ClaimsFlock")]
  },
  {
    law: "LAW-7",
    what: "git that runs as the owner of a repository inherits the claim",
    file: core("version/owner.ts"),
    find: 'Effect.provideService(run(tool, [...before, "--", ...gitWithSettings, ...args], options), InheritedFds, [])',
    replace: 'run(tool, [...before, "--", ...gitWithSettings, ...args], options)',
    tests: [unit("version/foreign")]
  },
  {
    law: "LAW-8",
    what: "a failed version is tried again immediately",
    file: core("domain/policy/select.ts"),
    find: "q.version === candidate.version && q.commit === candidate.commit && (q.until === null || isoMillis(q.until) > now)",
    replace: 'q.version === candidate.version && q.commit === ""',
    tests: [unit("domain/decide"), local("rollback")]
  },
  {
    law: "LAW-8",
    what: "the quarantine of a version that fails repeatedly does not grow",
    file: core("domain/quarantine.ts"),
    find: "Math.min(day * 4 ** (failures - 1), 30 * day)",
    replace: "Math.min(day * failures, 30 * day)",
    tests: [unit("domain/evolve")]
  },
  {
    law: "LAW-8",
    what: "an approved version that failed is tried again by itself after its quarantine",
    file: core("domain/folding/outcomes.ts"),
    find: "approved !== null && compareVersions(approved.version, version) > 0 ? approved : null",
    replace: "approved",
    tests: [unit("domain/policy/select"), local("policy")]
  },
  {
    law: "LAW-8",
    what: "automatic upgrades go on, however many were rolled back",
    file: core("domain/policy/breaker.ts"),
    find: "first === undefined || rest.length + 1 < limit",
    replace: "first === undefined || rest.length < Number.POSITIVE_INFINITY",
    tests: [unit("domain/policy/breaker"), local("policy")]
  },
  {
    law: "LAW-8",
    what: "a version that kills lastgood repeatedly is resumed for ever",
    file: core("domain/interrupted.ts"),
    find: "current.try < deathsAtLeast",
    replace: "current.try > 0",
    tests: [unit("domain/advance")]
  },
  {
    law: "LAW-9",
    what: "an app that waits for disk space is left down once there is space",
    file: core("domain/waiting.ts"),
    find: "return again && isPerformed(failure.step)",
    replace: "return !again && isPerformed(failure.step)",
    tests: [unit("domain/waiting")]
  },
  {
    law: "LAW-10",
    what: "an app that is down and waits for disk space is reported as recovered",
    file: core("domain/advancing/backFailed.ts"),
    find: 'alert(state, a, "left-down", false, why, next, "waiting")',
    replace: 'alert(state, a, "recovered", true, why, next, "waiting")',
    tests: [unit("domain/waiting")]
  },
  {
    law: "LAW-9",
    what: "a service that restarts repeatedly passes the gate between two restarts",
    file: core("domain/restartLoop.ts"),
    find: "times >= restartsToGiveUp && (since ?? now)",
    replace: "times < 0 && (since ?? now)",
    tests: [unit("health/restarts")]
  },
  {
    law: "LAW-10",
    what: "the output of a HEALTHCHECK is not reported",
    file: core("runtime/docker/healthcheck.ts"),
    find: 'if (Status === "healthy" || last === undefined || last.ExitCode === 0) return Status',
    replace: "if (Status.length > 0) return Status",
    tests: [unit("runtime/docker/healthcheck")]
  },
  {
    law: "LAW-9",
    what: "recovered is reported although the restored version did not pass the gate",
    file: core("domain/advancing/backFailed.ts"),
    find: "      lastGood: a.to,\n      recovered: false,",
    replace: "      lastGood: a.to,\n      recovered: true,",
    tests: [unit("domain/advance")]
  },
  {
    law: "LAW-9",
    what: "the gate does not check that the deployed version answers",
    file: core("engine/steps/health.ts"),
    find: "const wrong = passed ? yield* notWhatWasAsked(work, ref) : reason",
    replace: "const wrong = passed ? null : reason",
    tests: [local("impostor")]
  },
  {
    law: "LAW-9",
    what: "a hook of a plugin can stop a rollback",
    file: core("engine/hooks.ts"),
    find: 'if (ok || attempt.direction === "back") continue',
    replace: "if (ok) continue",
    tests: [local("plugins")]
  },
  {
    law: "LAW-9",
    what: "a rollback uses the checks of the failed version",
    file: core("engine/effective.ts"),
    find: "const target = targetOf(attempt)",
    replace: 'const target = attempt.direction === "back" ? attempt.attempted : targetOf(attempt)',
    tests: [unit("engine/effective")]
  },
  {
    law: "LAW-10",
    what: "a raised alert is not delivered",
    file: core("engine/alerts.ts"),
    find: "for (const record of undeliveredAlerts(state)) {",
    replace: "for (const record of undeliveredAlerts(state).slice(1)) {",
    tests: [unit("engine/alerts")]
  },
  {
    law: "LAW-10",
    what: "an alert that was resolved before it was delivered is dropped",
    file: core("domain/alerts.ts"),
    find: "resolved === null || owedTo.length > 0 || deliveredTo.length === 0",
    replace: "resolved === null || owedTo.length > 0",
    tests: [unit("domain/alerts")]
  },
  {
    law: "LAW-10",
    what: "a new sink does not get open alerts",
    file: core("domain/alerts.ts"),
    find: "      return { ...changeWhere(book, () => true, keep, owed), sinks, tell }\n",
    replace: "      return { ...changeWhere(book, () => false, keep, owed), sinks, tell }\n",
    tests: [unit("domain/alerts")]
  },
  {
    law: "LAW-6",
    what: "an event is written with another version than that of its schema",
    file: core("domain/Event.ts"),
    find: "  v: schemas[type].fields.v.literal,\n",
    replace: '  v: 1 as (typeof schemas)[typeof type]["fields"]["v"]["literal"],\n',
    tests: [unit("log/EventFixtures")]
  },
  {
    law: "LAW-10",
    what: "a rollback that is given up raises no alert",
    file: core("domain/advancing/backFailed.ts"),
    find: "    alert(state, a, outcome, false, reason, next),\n    ended(state, a, outcome, reason)",
    replace: "    ended(state, a, outcome, reason)",
    tests: [unit("domain/advance")]
  },
  {
    law: "LAW-10",
    what: "an attempt that leaves an app down raises no alert",
    file: core("domain/advancing/forwardFailed.ts"),
    find: 'alert(state, a, "failed", false, reason, next), ',
    replace: "",
    tests: [unit("domain/evolve")]
  },
  {
    law: "LAW-10",
    what: "an alert that no sink accepted counts as delivered",
    file: core("engine/alerts.ts"),
    find: "Effect.as(Effect.logWarning(error.message), false)",
    replace: "Effect.as(Effect.logWarning(error.message), true)",
    tests: [unit("engine/alerts")]
  },
  {
    law: "LAW-10",
    what: "an alert that a remote sink refused counts as sent",
    file: core("engine/outbox.ts"),
    find: "    if (failed === null) {",
    replace: "    if (failed === null || failed.isAboutMessage !== true) {",
    tests: [unit("engine/outbox")]
  },
  {
    law: "LAW-10",
    what: "a failure after a success is not sent, because it is equal to one before it",
    file: core("domain/letters.ts"),
    find: "    (one) => one.resolved === null && one.deliveredTo",
    replace: "    (one) => one.deliveredTo",
    tests: [unit("domain/letters")]
  },
  {
    law: "LAW-10",
    what: "a command without a configuration takes what remote sinks are owed",
    file: core("engine/alerts.ts"),
    find: "remote === null ? state.tell",
    replace: "remote === null ? []",
    tests: [unit("engine/alerts")]
  },
  {
    law: "LAW-12",
    what: "an answer of a server is shown with the secrets in it",
    file: core("notify/AlertSinksLive.ts"),
    find: "oneLine(withoutSecrets(said, secrets))",
    replace: "oneLine(said)",
    tests: [unit("notify/delivery")]
  },
  {
    law: "LAW-12",
    what: "credentials follow a redirect to another host",
    file: core("notify/Http.ts"),
    find: 'redirect: "manual"',
    replace: 'redirect: "follow"',
    tests: [unit("notify/delivery")]
  },
  {
    law: "LAW-7",
    what: "a command is refused while the daemon only brings mirrors up to date",
    file: core("claim/ClaimsFlock.ts"),
    find: "      yield* want(app)\n",
    replace: "",
    tests: [unit("claim/ClaimsFlock")]
  },
  {
    law: "LAW-7",
    what: "a command works on an app whose mirrors are still copied",
    file: core("claim/ClaimsFlock.ts"),
    find: "    if (isOurs && other === null) return true\n",
    replace: "    if ((isOurs || wasBorrowed) && other === null) return true\n",
    tests: [unit("claim/ClaimsFlock")]
  },
  {
    law: "LAW-3",
    what: "a mirror that another program changed is put in as data",
    file: core("snapshot/mirror/PuttingIn.ts"),
    find: "    return problem === null\n",
    replace: "    return true\n",
    tests: [unit("snapshot/Mirror")]
  },
  {
    law: "LAW-4",
    what: "a mirror is changed while it is the only copy of a snapshot",
    file: core("snapshot/mirror/Refresh.ts"),
    find: '    yield* spare(app, home, archive)\n    if (engine?.name === "mirror")',
    replace: '    if (engine?.name === "mirror")',
    tests: [unit("snapshot/Mirror")]
  },
  {
    law: "LAW-4",
    what: "a capture changes a mirror that is the only copy of another snapshot",
    file: core("snapshot/mirror/Capturing.ts"),
    find: "    if (other !== null) {\n",
    replace: "    if (other === id) {\n",
    tests: [unit("snapshot/Mirror")]
  },
  {
    law: "LAW-3",
    what: "a btrfs snapshot that was changed is put in as data",
    file: core("snapshot/btrfs/Stamp.ts"),
    find: "    if (found.generation === generation || ",
    replace: "    if (found.generation !== atNs || ",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-3",
    what: "a btrfs snapshot that was changed after a restore of it is put in as data",
    file: core("snapshot/btrfs/Stamp.ts"),
    find: "(yield* recordedIn(home)) === recordOf(found)",
    replace: "(yield* recordedIn(home))?.startsWith(found.uuid) === true",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-3",
    what: "the archive of a mirror that cannot be put in is unpacked without a look at its checksum",
    file: core("snapshot/Staging.ts"),
    find: "    yield* assertIntact(app, folder, { ...made, archives })\n",
    replace: "",
    tests: [unit("snapshot/Mirror")]
  },
  {
    law: "LAW-3",
    what: "another btrfs snapshot than the one that was captured is put in as data",
    file: core("snapshot/btrfs/Stamp.ts"),
    find: "    if (found.uuid !== uuid) return",
    replace: "    if (found.uuid === undefined) return",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-3",
    what: "a btrfs snapshot that is writable is put in as data",
    file: core("snapshot/btrfs/Stamp.ts"),
    find: "    if (!found.isReadOnly) return",
    replace: "    if (found.uuid === undefined) return",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-3",
    what: "an ordinary folder is put in as a btrfs snapshot",
    file: core("snapshot/btrfs/Stamp.ts"),
    find: "    if (!(yield* isSubvolume(tree))) return",
    replace: '    if (!(yield* isSubvolume(tree)) && stamp === "") return',
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-4",
    what: "a btrfs snapshot that can be written to is the only copy of a snapshot",
    file: core("snapshot/btrfs/Capturing.ts"),
    find: 'snapshotInto(folder, held, "tree", "read-only")',
    replace: 'snapshotInto(folder, held, "tree", "writable")',
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-11",
    what: "a btrfs snapshot lacks the subvolumes inside the volume",
    file: core("snapshot/btrfs/Subvolume.ts"),
    find: 'stdout === "" ? null',
    replace: "stdout !== null ? null",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-11",
    what: "a filter does not apply to a btrfs snapshot",
    file: core("snapshot/btrfs/Engine.ts"),
    find: "if (!keepsAll(filterOf(app, folder.volume.key))) return",
    replace: "if (keepsAll(filterOf(app, folder.volume.key)) === null) return",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-13",
    what: "a subvolume outside of the tree to remove is removed through a symlink",
    file: core("removal/removeSubvolumes.ts"),
    find: "one.path.startsWith(",
    replace: "one.path !== (",
    tests: [unit("removal/removeSubvolumes")]
  },
  {
    law: "LAW-13",
    what: "a subvolume that is mounted in the tree to remove is removed",
    file: core("removal/removeSubvolumes.ts"),
    find: "    if (yield* isMounted(one)) return\n",
    replace: "",
    tests: [unit("removal/removeSubvolumes")]
  },
  {
    law: "LAW-13",
    what: "the subvolume around a folder is deleted by the name of the folder",
    file: core("removal/Subvolume.ts"),
    find: "if (!(yield* isSubvolume(opened))) {",
    replace: "if ((yield* isSubvolume(opened)) === null) {",
    tests: [unit("removal/removeSubvolumes")]
  },
  {
    law: "LAW-3",
    what: "a btrfs snapshot with a change that is not on disk yet is put in",
    file: core("snapshot/btrfs/Stamp.ts"),
    find: "    yield* syncFilesystem(tree.at)\n",
    replace: "",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-15",
    what: "data is replaced by another snapshot of its subvolume",
    file: core("snapshot/FolderIdentity.ts"),
    find: "return uuid === null ?",
    replace: "return uuid !== undefined ?",
    tests: [unit("snapshot/btrfs/Btrfs")]
  },
  {
    law: "LAW-15",
    what: "an older note of a subvolume is taken for that of another folder",
    file: core("domain/drift.ts"),
    find: "!isKnown(part) || !isKnown(otherMore[i]) || part === otherMore[i]",
    replace: "part === otherMore[i]",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-4",
    what: "an archive without an entry of its mirror becomes the snapshot",
    file: core("snapshot/mirror/Archiving.ts"),
    find: "    if (missed.length > 0) return yield* notTheTree(name, missed)\n",
    replace: "",
    tests: [unit("snapshot/mirror/ReadBack")]
  },
  {
    law: "LAW-11",
    what: "what tar added to the archive of a mirror is not seen",
    file: core("snapshot/mirror/ReadBack.ts"),
    find: "    return [...differences].map(\n",
    replace: "    return [...differences].filter(([, { listed }]) => listed !== null).map(\n",
    tests: [unit("snapshot/mirror/ReadBack")]
  },
  {
    law: "LAW-11",
    what: "a mirror whose content differs from its volume is used",
    file: core("snapshot/mirror/Comparison.ts"),
    find: "    yield* forgetTree(held)\n",
    replace: "",
    tests: [unit("snapshot/mirror/Comparing")]
  },
  {
    law: "LAW-11",
    what: "only one part of a mirror is compared with its volume",
    file: core("snapshot/mirror/Comparison.ts"),
    find: "(before + 1) % parts",
    replace: "0 * before",
    tests: [unit("snapshot/mirror/Comparing")]
  },
  {
    law: "LAW-11",
    what: "a file that the app changes while it is compared counts as a difference",
    file: core("snapshot/mirror/tree/Comparing.ts"),
    find: "return !isEqual && (await isUnchanged(theirs, file))",
    replace: "return !isEqual",
    tests: [unit("snapshot/mirror/Comparing")]
  },
  {
    law: "LAW-11",
    what: "a mirror misses a later store to a mapped page",
    file: core("snapshot/mirror/tree/Tree.ts"),
    find: '    if (mode === "beside") yield* syncFilesystem(folder.at)\n',
    replace: "",
    tests: [unit("snapshot/mirror/Mmap")]
  },
  {
    law: "LAW-11",
    what: "a mirror misses what changed shortly before its walk",
    file: core("snapshot/mirror/tree/Racy.ts"),
    find: "Number(ctime) >= limit",
    replace: "Number(ctime) === limit",
    tests: [unit("snapshot/mirror/Tree")]
  },
  {
    law: "LAW-11",
    what: "extended attributes of a folder that the app removed stay in its mirror",
    file: core("snapshot/mirror/tree/Tree.ts"),
    find: "      yield* Effect.forEach(stray, (name) => makeAnew(home, name, mode), { discard: true })\n",
    replace: "",
    tests: [unit("snapshot/mirror/Tree")]
  },
  {
    law: "LAW-11",
    what: "a fast walk leaves an entry out",
    file: core("snapshot/mirror/tree/Walking.ts"),
    find: "names.slice(i * length, (i + 1) * length)",
    replace: "names.slice(i * length + 1, (i + 1) * length)",
    tests: [unit("snapshot/mirror/Walking")]
  },
  {
    law: "LAW-11",
    what: "a copy of a large file leaves a page out",
    file: core("snapshot/mirror/tree/Blocks.ts"),
    find: "theirs.compare(ours, at, end, at, end) === 0",
    replace: "theirs.compare(ours, at, end, at, end) <= 0",
    tests: [unit("snapshot/mirror/Blocks")]
  },
  {
    law: "LAW-13",
    what: "a mirror keeps a copy through a symlink that the app put in the place of a folder",
    file: core("snapshot/mirror/tree/Tree.ts"),
    find: "      for (const at of yield* possibleDetours(home, folder.at, list, now)) marked.add(at)\n",
    replace: "",
    tests: [unit("snapshot/mirror/Hostile")]
  },
  {
    law: "LAW-11",
    what: "extended attributes are not kept",
    file: core("snapshot/Archive.ts"),
    find: '"--xattrs", "--xattrs-include=*", ',
    replace: "",
    tests: [conformance("SnapshotTar")]
  },
  {
    law: "LAW-11",
    what: "ACLs are not kept",
    file: core("snapshot/Archive.ts"),
    find: '"--acls", ',
    replace: "",
    tests: [conformance("SnapshotTar")]
  },
  {
    law: "LAW-11",
    what: "holes are filled",
    file: core("snapshot/Archive.ts"),
    find: '      "--sparse",\n',
    replace: "",
    tests: [conformance("SnapshotTar")]
  },
  {
    law: "LAW-12",
    what: "a password after an option of Watchtower's is taken for the name of a container",
    file: core("runtime/docker/Watchtower.ts"),
    find: "option in valued || isNotification(option)",
    replace: "option in valued",
    tests: [unit("init/watchtower")]
  },
  {
    law: "LAW-12",
    what: "the URLs that Watchtower notifies are copied",
    file: core("runtime/docker/Watchtower.ts"),
    find: "(?=:\\/\\/)/i.exec(url)",
    replace: ".*/i.exec(url)",
    tests: [unit("init/watchtower")]
  },
  {
    law: "LAW-12",
    what: "a project that reads other files is cached, with the secrets that they had",
    file: core("runtime/compose/composeConfig.ts"),
    find: " && !(yield* readsOtherFiles(source))",
    replace: "",
    tests: [unit("runtime/compose/composeConfig")]
  },
  {
    law: "LAW-12",
    what: "a program's output is not redacted",
    file: core("secrets/Redact.ts"),
    find: "export const redact = (text: string, secrets: ReadonlyArray<string>): string =>\n  redactShapes(",
    replace:
      "export const redact = (text: string, secrets: ReadonlyArray<string>): string =>\n  secrets.length >= 0 ? text : redactShapes(",
    tests: [local("secrets")]
  },
  {
    law: "LAW-12",
    what: "a report is redacted after it was encoded as JSON",
    file: "packages/cli/src/report/redacted.ts",
    find: 'const whole = textsIn(values).join("\\n")',
    replace: "const whole = JSON.stringify(values)",
    tests: ["packages/cli/test/report.test.ts"]
  },
  {
    law: "LAW-12",
    what: "the env file of a snapshot can be read by everybody",
    file: core("disk/Durable.ts"),
    find: 'io("write", path, () => putInPlace(path, content, 0o600))',
    replace: 'io("write", path, () => putInPlace(path, content, 0o644))',
    tests: [conformance("SnapshotTar"), local("secrets")]
  },
  {
    law: "LAW-12",
    what: "the operator's files in a snapshot can be read by the users who could read the originals",
    file: core("snapshot/Capture.ts"),
    find: 'copyOperatorFiles(files, to, "private")',
    replace: 'copyOperatorFiles(files, to, "original")',
    tests: [conformance("SnapshotTar")]
  },
  {
    law: "LAW-13",
    what: "a link in a snapshot brings in another file as one of the operator's",
    file: core("snapshot/Integrity.ts"),
    find: "if (!(yield* Effect.promise(() => isPlainFileBelow(inside, path))))",
    replace: "if ((yield* statOrNull(join(inside, path))) === null)",
    tests: [conformance("SnapshotTar")]
  },
  {
    law: "LAW-14",
    what: "of several hazards only the first is named",
    file: core("domain/allOf.ts"),
    find: "if (first === undefined || others.length === 0) return first",
    replace: "if (first === undefined || others.length >= 0) return first",
    tests: [unit("domain/decide")]
  },
  {
    law: "LAW-14",
    what: "nobody is asked about a file of the version to which the app writes",
    file: core("runtime/compose/preflight.ts"),
    find: "...broughtHazards(app, project),",
    replace: "",
    tests: ["test/docker/ComposeFolders.test.ts"]
  },
  {
    law: "LAW-14",
    what: "docker compose is asked to read a pipe, and waits",
    file: core("runtime/compose/projectFiles.ts"),
    find: "if (!found.isFile()) return",
    replace: "if (found.isSocket()) return",
    tests: [unit("runtime/compose/projectFiles")]
  },
  {
    law: "LAW-14",
    what: "a missing env file of an include is not noticed",
    file: core("runtime/compose/projectFiles.ts"),
    find: 'if (use === "compose") queue.push({ path, base: dirname(path) })',
    replace: "",
    tests: [unit("runtime/compose/projectFiles")]
  },
  {
    law: "LAW-17",
    what: "whoever owns the folder of an app is trusted, also a service",
    file: core("disk/ownership.ts"),
    find: "return uid >= firstPerson && uid <= lastPerson && !isService(uid) ? uid : null",
    replace: "return uid",
    tests: [unit("disk/ownership")]
  },
  {
    law: "LAW-17",
    what: "the owner of a folder is trusted where everybody can make one of that name",
    file: core("disk/ownership.ts"),
    find: "    if (!isTrusted && sticky !== null && !isOurs(stats, [runningUser()])) return passingFault(sticky, at)\n",
    replace: "",
    tests: [unit("disk/ownership")]
  },
  {
    law: "LAW-7",
    what: "the programs that a plugin's exec starts do not inherit the claim",
    file: core("plugin/callInside.ts"),
    find: "const start = yield* FiberSet.makeRuntimePromise()",
    replace: "const start = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)",
    tests: [unit("plugin/callInside")]
  },
  {
    law: "LAW-9",
    what: "a plugin that breaks after a hook's answer counts as working",
    file: core("engine/hooks.ts"),
    find: "extension.home?.brokeLater() ?? null",
    replace: "null as string | null",
    tests: [local("brokenPlugins")]
  },
  {
    law: "LAW-12",
    what: "a plugin's texts are not redacted",
    file: core("plugin/callInside.ts"),
    find: "catch: (thrown) => reasonOf(thrown, app.extension?.secrets)",
    replace: "catch: (thrown) => reasonOf(thrown)",
    tests: [unit("plugin/callInside")]
  },
  {
    law: "LAW-12",
    what: "a command's output is cut before it is redacted",
    file: core("command/tail.ts"),
    find: "begun.stderr}`.slice(-keptCharacters), secrets)",
    replace: "begun.stderr}`.slice(-toldCharacters), secrets)",
    tests: [unit("command/tail")]
  },
  {
    law: "LAW-13",
    what: "an archive whose names lead outside is unpacked",
    file: core("snapshot/Listing.ts"),
    find: 'if (name === "" || name.startsWith("/") || name.split("/").includes("..")) return "leads outside"',
    replace: 'if (name === "") return "leads outside"',
    tests: [unit("snapshot/Listing"), conformance("SnapshotTar")]
  },
  {
    law: "LAW-13",
    what: "a symlink in place of a volume's folder is followed",
    file: core("snapshot/Folder.ts"),
    find: "if (!stat.isDirectory()) return",
    replace: "if (!stat.isDirectory() && !stat.isSymbolicLink()) return",
    tests: [conformance("SnapshotTar"), unit("snapshot/Swap"), unit("snapshot/Race")]
  },
  {
    law: "LAW-13",
    what: "the folder of marks beside the data may be a link, or another user's",
    file: core("snapshot/FolderIdentity.ts"),
    find: "Effect.flatMap(hold(dirname(data)), (parent) => holdOwn(parent, marksFolder))",
    replace: 'Effect.flatMap(io("resolve", data, () => fs.realpath(join(dirname(data), ...marksFolder))), hold)',
    tests: [unit("snapshot/FolderIdentity")]
  },
  {
    law: "LAW-13",
    what: "a mark is removed by its path where its folder is not lastgood's",
    file: core("snapshot/FolderIdentity.ts"),
    find: "(isNone(trouble) ? Effect.succeed(null) : Effect.fail(trouble))",
    replace:
      "Effect.as(isNone(trouble) ? remove(join(dirname(data), ...marksFolder, besideName(data))) : Effect.void, null)",
    tests: [unit("snapshot/FolderIdentity")]
  },
  {
    law: "LAW-14",
    what: "a Watchtower that upgrades the app beside lastgood is not a hazard",
    file: core("runtime/docker/watchtowers.ts"),
    find: '["updated", "fixed"].includes(',
    replace: "[].includes(",
    tests: [unit("init/watchtower")]
  },
  {
    law: "LAW-14",
    what: "hazards are found but ignored",
    file: core("domain/decide.ts"),
    find: "  const hazard = allOf(command.hazards)\n  if (hazard !== undefined) return refuse(state, selection.target, hazard, command.id)\n",
    replace: "",
    tests: [unit("domain/decide"), local("upgrade")]
  },
  {
    law: "LAW-14",
    what: "an upgrade begins from an app that is not healthy",
    file: core("engine/footing.ts"),
    find: "if (trouble === null) return []",
    replace: "if (trouble !== null) return []",
    tests: [local("unhealthy")]
  },
  {
    law: "LAW-14",
    what: "too little space for the peak is not refused",
    file: core("snapshot/Preflight.ts"),
    find: "if (short !== undefined) return yield* noRoom(short)",
    replace: "",
    tests: [unit("snapshot/Capture"), local("refuse")]
  },
  {
    law: "LAW-14",
    what: "anonymous volumes of a release are not detected",
    file: core("runtime/swarm/Hazards.ts"),
    find: "...compose.services.flatMap((service) => anonymousInRelease(service, images.get(service.name))),",
    replace: "",
    tests: ["test/docker/Swarm.test.ts"]
  },
  {
    law: "LAW-14",
    what: "writable bind mounts of a project are not detected",
    file: core("runtime/compose/Hazards.ts"),
    find: "    ...facts.folders,\n",
    replace: "",
    tests: ["test/docker/Compose.test.ts"]
  },
  {
    law: "LAW-14",
    what: "external volumes of a stack are not detected",
    file: core("runtime/swarm/Hazards.ts"),
    find: "    ...externalVolumes(facts),\n",
    replace: "",
    tests: [unit("runtime/swarm/Hazards")]
  },
  {
    law: "LAW-14",
    what: "an earlier version is chosen whatever its own release notes ask for",
    file: core("engine/notes.ts"),
    find: "if (again === null) break",
    replace: "break",
    tests: [unit("engine/notes")]
  },
  {
    law: "LAW-15",
    what: "a filter may leave out anything",
    file: core("snapshot/LeftOut.ts"),
    find: "if (losses.length > 0) return",
    replace: "if (losses.length > 99) return",
    tests: [unit("snapshot/LeftOut")]
  },
  {
    law: "LAW-15",
    what: "a SQLite database may be kept without its log",
    file: core("snapshot/Databases.ts"),
    find: 'beside: ["-wal", "-journal"]',
    replace: "beside: []",
    tests: [unit("snapshot/LeftOut")]
  },
  {
    law: "LAW-2",
    what: "a rollback starts what a tag means now",
    file: core("engine/steps/imagesBack.ts"),
    find: '(attempt.direction === "forward" && !comesBack(attempt)) || runtime.asKept === undefined',
    replace: "true",
    tests: ["test/e2e/compose/movedTags.test.ts"]
  },
  {
    law: "LAW-14",
    what: "a rollback takes a running app down before it knows that it has the images",
    file: core("engine/steps/imagesBack.ts"),
    find: "if (yield* isFree(work))",
    replace: 'if ((yield* isFree(work)) && release.dir === "")',
    tests: [unit("engine/imagesBack")]
  },
  {
    law: "LAW-15",
    what: "the snapshot of an app that is down is taken whatever its filter leaves out",
    file: core("domain/decide.ts"),
    find: "const filter = command.hazards.find(isOfFilter)",
    replace: "const filter = command.hazards.find(() => false)",
    tests: [unit("domain/decide")]
  },
  {
    law: "LAW-15",
    what: "a rollback is called complete whatever its snapshot left out",
    file: core("domain/folding/outcomes.ts"),
    find: "...(lacks === undefined ? {} : { leftOut: lacks })",
    replace: "",
    tests: [unit("domain/evolve")]
  },
  {
    law: "LAW-15",
    what: "a volume that held data and is empty counts as the data",
    file: core("domain/drift.ts"),
    find: "if (!noted.held || seen.held) return null",
    replace: "if (noted.held || seen.held) return null",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-15",
    what: "a rollback restores to a filesystem that was mounted over the data meanwhile",
    file: core("engine/steps/restore.ts"),
    find: 'attempt.direction === "back" && attempt.of === null ? Effect.void',
    replace: 'attempt.direction === "back" ? Effect.void',
    tests: [unit("engine/dataLost")]
  },
  {
    law: "LAW-15",
    what: "a recreated volume counts as the data",
    file: core("domain/drift.ts"),
    find: "seen.created !== null && noted.created !== seen.created",
    replace: "noted.created === seen.created && noted.name !== seen.name",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-15",
    what: "a folder with a reused inode counts as the data",
    file: core("domain/drift.ts"),
    find: "|| part === otherMore[i])",
    replace: "|| part !== inode)",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-15",
    what: "snapshots of data that was given up count as those of the present data",
    file: core("domain/descent.ts"),
    find: "id !== null && parents.has(id)",
    replace: "(id = id ?? snapshots[0]?.id ?? null) !== null && parents.has(id)",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-15",
    what: "an app without its data is deployed by a plain deploy",
    file: core("domain/decideDeploy.ts"),
    find: "  if (!withoutData) return refuseDrift(state, drift, observed)\n",
    replace: "",
    tests: [unit("domain/decide")]
  },
  {
    law: "LAW-15",
    what: "an app is started on data that was lost while the attempt worked",
    file: core("engine/steps/deploy.ts"),
    find: "    yield* assertData(app, runtime, state)\n",
    replace: "",
    tests: [unit("engine/dataLost")]
  },
  {
    law: "LAW-15",
    what: "a data folder that is empty counts as one that holds data",
    file: core("snapshot/FolderIdentity.ts"),
    find: "      return false\n    })",
    replace: "      return true\n    })",
    tests: [unit("snapshot/FolderIdentity")]
  },
  {
    law: "LAW-16",
    what: "another image in a service is not detected",
    file: core("domain/drift.ts"),
    find: "if (noted.image !== seen.image) return",
    replace: "if (noted.image === null && seen.image !== null) return",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "another image under the same tag is not detected",
    file: core("domain/drift.ts"),
    find: "noted.digest !== null && seen.digest !== null && noted.digest !== seen.digest",
    replace: "noted.digest === null && seen.digest !== null",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "a configuration that was changed by hand is not detected",
    file: core("domain/drift.ts"),
    find: "if (sameConfig(noted.config, seen.config) === false) return",
    replace: "if (sameConfig(noted.config, seen.config) === null) return",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "a service that somebody else deployed in place of ours is not detected",
    file: core("domain/drift.ts"),
    find: "return noted.labelled && seen.version === null ?",
    replace: "return noted.labelled && seen.version === name ?",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "another commit of the same version counts as the deployed one",
    file: core("domain/drift.ts"),
    find: '(commit === null || ref.commit === "" || commit === ref.commit)',
    replace: "(commit === null || commit.length > 0)",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-2",
    what: "old code is started on a volume that was not lost",
    file: core("domain/decideDeploy.ts"),
    find: "const isGivenUp = withoutData ? !observed.holdsData :",
    replace: "const isGivenUp = withoutData ? true :",
    tests: [unit("domain/decide")]
  },
  {
    law: "LAW-2",
    what: "a lost volume hides that the rest is newer than the log",
    file: core("domain/drift.ts"),
    find: "usedBy: behind?.usedBy ?? null }",
    replace: "usedBy: null }",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-15",
    what: "restored data is compared with nothing until the next passed gate",
    file: core("domain/folding/snapshots.ts"),
    find: "noted: { services: null, volumes: data.volumes } }",
    replace: "noted: null }",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-15",
    what: "data that replaced what a killed restore put in counts as restored",
    file: core("snapshot/Swap.ts"),
    find: "return yield* assertStill(place)",
    replace: "return",
    tests: [unit("snapshot/Swap")]
  },
  {
    law: "LAW-14",
    what: "an app is started beside another program that writes to its data",
    file: core("runtime/local/Preflight.ts"),
    find: 'const whom = isWhole ? "anyone" : "writing"',
    replace: 'if (!isWhole) return []\n  const whom = "anyone"',
    tests: [conformance("LocalRuntime")]
  },
  {
    law: "LAW-14",
    what: "a folder around or inside another app's data is nobody's question",
    file: core("engine/foldersOfOthers.ts"),
    find: '.filter(({ where }) => where !== "same" || mark === null)',
    replace: '.filter(({ where }) => where === "same" && mark === null)',
    tests: [unit("engine/foldersOfOthers")]
  },
  {
    law: "LAW-16",
    what: "data that was used after the log was written is not detected",
    file: core("domain/drift.ts"),
    find: "if (mark === null || marks.includes(mark.mark)) return []",
    replace: "if (mark === null || marks.length >= 0) return []",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "an interrupted attempt is resumed over a version that it cannot have left",
    file: core("domain/drift.ts"),
    find: "const what = allowed.length === 0 ?",
    replace: "const what = allowed.length >= 0 ?",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "drift is reported again with each check",
    file: core("domain/refuseDrift.ts"),
    find: "  if (isTold(state, drift)) return []\n",
    replace: "",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-16",
    what: "an upgrade begins from what somebody else deployed",
    file: core("domain/decide.ts"),
    find: "  const { drift } = command.observed\n  if (drift !== null) return refuseDrift(state, drift, command.observed)\n  const wrong = disagreement(state, command.observed)\n  if (wrong !== null) return wrong\n  const from",
    replace: "  const from",
    tests: [unit("domain/decide")]
  },
  {
    law: "LAW-16",
    what: "a service without lastgood's label is of the release that the others are of",
    file: core("runtime/inspection.ts"),
    find: "const [first, ...others] = services\n",
    replace: "const [first, ...others] = services.filter(({ version }) => version !== null)\n",
    tests: [unit("runtime/compose/inspect")]
  },
  {
    law: "LAW-16",
    what: "the replicas and the mode of a service are not part of its configuration",
    file: core("runtime/swarm/configOf.ts"),
    find: "Mode: JSON.stringify(Spec.Mode),",
    replace: "Mode: null,",
    tests: [unit("runtime/swarm/inspect")]
  },
  {
    law: "LAW-12",
    what: "a fingerprint of the configuration can be made without the app's key",
    file: core("runtime/fingerprint.ts"),
    find: 'createHmac("sha256", key)',
    replace: 'createHmac("sha256", "")',
    tests: [unit("runtime/fingerprint")]
  },
  {
    law: "LAW-16",
    what: "an attempt that an older log has in flight is finished on data that was used since",
    file: core("domain/drift.ts"),
    find: "if (mark === null || marks.includes(mark.mark)) return []",
    replace: "if (mark === null || marks.includes(mark.mark.replace('/ended', ''))) return []",
    tests: [unit("domain/drift")]
  },
  {
    law: "LAW-17",
    what: "a tool is started with the caller's environment",
    file: core("process/Tool.ts"),
    find: "env: { ...toolEnvironment(), ...options.env,",
    replace: "env: { ...process.env, ...options.env,",
    tests: [unit("process/Tool")]
  },
  {
    law: "LAW-17",
    what: "a folder that every user may write to counts as ours",
    file: core("disk/ownership.ts"),
    find: "if ((stats.mode & 0o002) !== 0) return",
    replace: "if ((stats.mode & 0o002) > 2) return",
    tests: [unit("disk/ownership")]
  },
  {
    law: "LAW-17",
    what: "a group that no file gives a member counts as ours",
    file: core("disk/ownership.ts"),
    find: "(isOfUser || gid < firstOrdinaryGroup)",
    replace: "true",
    tests: [unit("disk/ownership")]
  },
  {
    law: "LAW-17",
    what: "a link of another user is followed",
    file: core("disk/ownership.ts"),
    find: "  if (!isOurs(stats, users)) {",
    replace: "  if (!isOurs(stats, users) && !stats.isSymbolicLink()) {",
    tests: [unit("disk/ownership")]
  },
  {
    law: "LAW-17",
    what: "the caller's open descriptors reach the app",
    file: "packages/cli/bin/startup.mjs",
    find: "const open = isChild ? closeAll(leftOpen()) : leftOpen()",
    replace: "const open = []",
    tests: [local("onlyItsOwn")]
  },
  {
    law: "LAW-17",
    what: "the configuration of another user is read",
    file: core("config/loadConfig.ts"),
    find: '  yield* assertOwn("the configuration", file)\n',
    replace: "",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "a root of another user is used",
    file: core("config/loadConfig.ts"),
    find: "  yield* assertOwnRoot(config.root)\n",
    replace: "",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "an app continues without a broken plugin that may be for it",
    file: core("plugin/loadPlugins.ts"),
    find: "?? perhapsServed(app.recipeName, unknown)",
    replace: "?? Result.succeed(null)",
    tests: [unit("plugin/loadPlugins")]
  },
  {
    law: "LAW-17",
    what: "a path that leaves the recipe by a link is not reported",
    file: core("runtime/docker/readHostPaths.ts"),
    find: "isInside(root, file) || isInside(dir, file))",
    replace: "file !== null)",
    tests: [unit("runtime/docker/hostPaths")]
  },
  {
    law: "LAW-17",
    what: "a plugin of another user is run",
    file: core("plugin/loadPlugins.ts"),
    find: "  const fault = codeFault(file)\n",
    replace: '  const fault = codeFault("/")\n',
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "a plugin runs that a link leads to, in a folder that others may write to",
    file: core("plugin/codeFault.ts"),
    find: "[file, realOf(file)].flatMap(runsWith)",
    replace: "[file].flatMap(runsWith)",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "a plugin's import runs what another user could have written",
    file: core("plugin/host/onlyOwn.ts"),
    find: "      assertOwn(pathOf(url))\n",
    replace: "",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "another user chooses by a link which module a plugin imports",
    file: core("plugin/host/onlyOwn.ts"),
    find: "assertOwnFolder(dirname(fileURLToPath(new URL(specifier, context.parentURL))))",
    replace: "assertOwnFolder(dirname(parent))",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "a plugin loads machine code of another user",
    file: core("plugin/host/onlyOwn.ts"),
    find: "    assertOwn(file)\n",
    replace: "",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "a plugin that others may write to by now is started again",
    file: core("plugin/host/PluginProcesses.ts"),
    find: "isSpare ? null : codeFault(file)",
    replace: "null",
    tests: [unit("plugin/hostile")]
  },
  {
    law: "LAW-17",
    what: "an app whose plugin others may write to continues with the old plugin",
    file: core("plugin/loadPlugins.ts"),
    find: "recipe: null, isTrusted: false,",
    replace: "recipe: null, isTrusted: true,",
    tests: [local("reload")]
  },
  {
    law: "LAW-17",
    what: "a link in the place of an app's folder is followed",
    file: core("config/ownFolders.ts"),
    find: "  if (!isExpected) {",
    replace: "  if (!isExpected && !stats.isSymbolicLink()) {",
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "a folder of an app may be a link",
    file: core("config/ownFolders.ts"),
    find: '  "recipe.git",\n  "marks"\n',
    replace: '  "recipe.git"\n',
    tests: [unit("config/ownership")]
  },
  {
    law: "LAW-17",
    what: "git in another user's repository runs as root",
    file: core("version/repository.ts"),
    find: "mirrorOf(app, found, found.owner, options)",
    replace: "mirrorOf(app, found, { uid: 0, gid: 0 }, options)",
    tests: [unit("version/foreign")]
  },
  {
    law: "LAW-17",
    what: "another user's repository is read as root's own",
    file: core("version/git.ts"),
    find: "    if (fault.owner !== null && process.geteuid?.() === 0) return fault.owner\n",
    replace: "    if (fault.owner !== null) return null\n",
    tests: [unit("version/foreign")]
  },
  {
    law: "LAW-2",
    what: "a tag that was moved back to an older image is a newer version",
    file: core("version/images/choose.ts"),
    find: "return isBack ? [] :",
    replace: "return isBack && rule.service === '' ? [] :",
    tests: [conformance("VersionImages")]
  },
  {
    law: "LAW-2",
    what: "an older image is deployed when it is named",
    file: core("version/images/choose.ts"),
    find: "    if (isOlder) {\n",
    replace: "    if (isOlder && named === null) {\n",
    tests: [conformance("VersionImages")]
  },
  {
    law: "LAW-12",
    what: "an error has the password that a registry repeats",
    file: core("version/registry/http.ts"),
    find: "oneLine(withoutSecrets(message, secrets))",
    replace: "oneLine(message)",
    tests: [unit("version/registry/Registry")]
  },
  {
    law: "LAW-12",
    what: "a registry's credentials go where it redirects to",
    file: core("version/registry/connection.ts"),
    find: "    if (next.host !== url.host) headers = rest\n",
    replace: "    if (next.host === '') headers = rest\n",
    tests: [unit("version/registry/Registry")]
  },
  {
    law: "LAW-12",
    what: "a plan shows what is not the name of a variable",
    file: core("runtime/docker/outline.ts"),
    find: "/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/.test(text)",
    replace: "text !== ''",
    tests: [unit("runtime/docker/outline")]
  },
  {
    law: "LAW-12",
    what: "a plan shows values of variables",
    file: core("runtime/docker/outline.ts"),
    find: "isName(name) ? [[name, hashOf(value)]] : []",
    replace: "isName(name) ? [[name + value, hashOf(value)]] : []",
    tests: [unit("runtime/docker/outline")]
  },
  {
    law: "LAW-2",
    what: "another PostgreSQL behind a tag is not seen",
    file: core("version/images/choose.ts"),
    find: "current.postgres !== postgres ?",
    replace: "current.postgres === '' ?",
    tests: [conformance("VersionImages")]
  },
  {
    law: "LAW-2",
    what: "a release without the record of its images starts what its tags are by now",
    file: core("version/images/Record.ts"),
    find: "record === null ? !needsRecord(app, ref) :",
    replace: "record === null ? true :",
    tests: [conformance("VersionImagesKill")]
  },
  {
    law: "LAW-2",
    what: "a release starts the images of another version",
    file: core("version/images/Record.ts"),
    find: "commitOf(record) === ref.commit\n",
    replace: "ref.commit !== ''\n",
    tests: [conformance("VersionImagesKill")]
  },
  {
    law: "LAW-2",
    what: "a release reads env files outside of the folder as they are now",
    file: core("runtime/compose/keptFiles.ts"),
    find: 'return (yield* kindAt(kept)) === "file" ? kept : null',
    replace: "return kept === null ? kept : null",
    tests: [unit("runtime/compose/keptFiles")]
  },
  {
    law: "LAW-2",
    what: "a release that was deployed without files of the operator has those that came later",
    file: core("disk/operatorFiles.ts"),
    find: "yield* Effect.tryPromise({ try: () => rename(beside, to), catch: asError })",
    replace: "if (files.length > 0) yield* Effect.tryPromise({ try: () => rename(beside, to), catch: asError })",
    tests: [unit("version/GitVersions")]
  },
  {
    law: "LAW-12",
    what: "whom a registry redirects to says where its credentials go",
    file: core("version/registry/connection.ts"),
    find: "  if (from !== origin) {\n",
    replace: "  if (from === '') {\n",
    tests: [unit("version/registry/Registry")]
  },
  {
    law: "LAW-12",
    what: "a mirror gets the credentials of Docker Hub",
    file: core("version/registry/endpoints.ts"),
    find: "          registry: host,\n",
    replace: "          registry: repository.registry,\n",
    tests: [unit("version/registry/Registry")]
  },
  {
    law: "LAW-17",
    what: "docker's settings may be another user's",
    file: core("version/registry/DockerFiles.ts"),
    find: "  if (fault !== null) return yield* new DockerFileFault(",
    replace: "  if (fault !== null && path === '') return yield* new DockerFileFault(",
    tests: [unit("version/registry/Registry")]
  },
  {
    law: "LAW-17",
    what: "the compose files of a plain folder may be another user's",
    file: core("version/folder.ts"),
    find: "paths.flatMap((path) => faultOf(path, person) ?? [])",
    replace: "paths.flatMap((path) => (path === '' ? (faultOf(path, person) ?? []) : []))",
    tests: [unit("version/folder")]
  },
  {
    law: "LAW-2",
    what: "a fixed image is what its tag is by now",
    file: core("version/images/follow.ts"),
    find: "  return isSame ? { ...before, written } : asWritten(written)",
    replace: "  return isSame && ran.digest === '' ? { ...before, written } : asWritten(written)",
    tests: [conformance("VersionImages")]
  },
  {
    law: "LAW-17",
    what: "whoever learned the cookie of a browser acts",
    file: "apps/reconciler/src/http/sessions.ts",
    find: "return session !== null && act !== null && act.nonce === session.nonce",
    replace: "return session !== null",
    tests: ["apps/reconciler/test/sessions.test.ts"]
  },
  {
    law: "LAW-17",
    what: "a command works through the socket of another user",
    file: "packages/cli/src/daemon/ownSocket.ts",
    find: "found.isSocket() && found.uid === runningUser()",
    replace: "found.isSocket() && found.uid !== -runningUser() - 1",
    tests: [local("http/beside")]
  }
]
