/** Connects each app to the source of its versions. */
import * as Layer from "effect/Layer"
import type { App } from "../domain/App.ts"
import type { VersionsFrom } from "../domain/VersionsFrom.ts"
import { makeBranchVersions } from "./BranchVersions.ts"
import { make as tags } from "./GitVersions.ts"
import { makeImageVersions } from "./images/ImageVersions.ts"
import { VersionSource } from "./VersionSource.ts"

type Source = VersionSource["Service"]

export const layer: Layer.Layer<VersionSource> = Layer.sync(VersionSource, () => {
  const sources: Readonly<Record<VersionsFrom["kind"], Source>> = {
    tags,
    branch: makeBranchVersions(),
    images: makeImageVersions(process.arch)
  }
  const of = ({ versions }: App): Source => sources[versions.kind]
  return VersionSource.of({
    list: (app, looking) => of(app).list(app, looking),
    find: (app, name, looking) => of(app).find(app, name, looking),
    resolve: (app, ref, looking) => of(app).resolve(app, ref, looking),
    asRuns: (app, looking, images) => of(app).asRuns(app, looking, images),
    checkout: (app, ref, envFile, into) => of(app).checkout(app, ref, envFile, into),
    preview: (app, ref, envFile) => of(app).preview(app, ref, envFile),
    keepFiles: (app, release, files) => of(app).keepFiles(app, release, files),
    isEnvCurrent: (app, ref) => of(app).isEnvCurrent(app, ref),
    existing: (app, ref) => of(app).existing(app, ref),
    prune: (app, keep) => of(app).prune(app, keep)
  })
})
