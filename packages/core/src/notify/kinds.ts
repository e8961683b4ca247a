/** Every kind of URL that `notify` accepts, by scheme. */
import type { SinkKind } from "./Kind.ts"
import { apprise } from "./kinds/apprise.ts"
import { discord } from "./kinds/discord.ts"
import { exec } from "./kinds/exec.ts"
import { generic } from "./kinds/generic.ts"
import { gotify } from "./kinds/gotify.ts"
import { matrix } from "./kinds/matrix.ts"
import { mattermost } from "./kinds/mattermost.ts"
import { ntfy } from "./kinds/ntfy.ts"
import { pushover } from "./kinds/pushover.ts"
import { slack } from "./kinds/slack.ts"
import { smtp } from "./kinds/smtp.ts"
import { telegram } from "./kinds/telegram.ts"

export const kinds: Readonly<Record<string, SinkKind>> = {
  ntfy,
  gotify,
  matrix,
  mattermost,
  slack,
  discord,
  telegram,
  pushover,
  generic,
  "generic+https": generic,
  "generic+http": generic,
  smtp,
  smtps: smtp,
  apprise,
  apprises: apprise,
  exec
}
