/** The runtime suite over a compose project whose data is in a folder of its own instead of a volume. */
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { composeRuntime, describeCompose } from "../docker/composePlugin.ts"
import { testStack } from "../docker/testStack.ts"
import { dockerSuite, envLine } from "./dockerSubject.ts"

const inFolder = Effect.gen(function* () {
  const stack = yield* testStack(envLine, "compose")
  return { ...stack, app: { ...stack.app, folder: yield* temporaryFolder() } }
})

dockerSuite("compose, with its data in a folder", Effect.all([composeRuntime(), inFolder]), describeCompose)
