/**
 * Whether a release note asks for manual work. Recipe maintainers write notes for people, so this searches English text for
 * requests and for commands to run. Pure.
 *
 * A false alarm costs a minute of reading, a missed request costs a rollback, so this errs towards alarms.
 * `docs/recipes.md` lists the words. In other languages only the commands are found.
 */

const act =
  "(?:add|adapt|adjust|back ?up|change|configure|convert|copy|create|delete|disable|drop|edit|enable|execute|export|generate|import|insert|install|migrate|move|purge|recreate|re-?create|reindex|remove|rename|replace|reset|restart|restore|rotate|run|set|switch|update|upgrade)"

const patterns: ReadonlyArray<RegExp> = [
  /\bmanual(?:ly)?\b|\bby hand\b/i,
  /\bbreaking\b|\bincompatib(?:le|ility|ilities)\b/i,
  /\b(?:action|steps?|migration|intervention|changes?) (?:is |are )?(?:required|needed|necessary)\b|\brequired (?:action|step|change|migration)/i,
  /\b(?:before|prior to|after|once) (?:you(?:'ve| have)? )?(?:the )?(?:upgrad|updat|(?:re)?deploy|migrat)/i,
  /\byou(?:'ll| will)? (?:must|need|have to|should|ought to|are required to|are asked to)\b/i,
  new RegExp(
    `\\b(?:must|needs? to|has to|have to|should|required to|please|be sure to|make sure to|remember to|do not forget to|don't forget to) (?:be |also |first |then |manually )?${act}`,
    "i"
  ),
  /\bmake sure\b|\bensure that you\b/i,
  /\b(?:do not|don't|never) (?:upgrade|update|deploy|skip)\b/i,
  /\b(?:requires?|needs?|introduces?|adds?) (?:a |an |some |one |two |the )?(?:new |additional |extra )?(?:secrets?|environment variables?|env(?:ironment)? vars?)\b/i,
  /\b(?:new|renamed|removed|changed) (?:required )?(?:secrets?|environment variables?|env(?:ironment)? vars?)\b/i,
  /\byour (?:\.env|env(?:ironment)? file|app config|\.env file)\b/i,
  /\b(?:warning|caution|attention|important)\b\s{0,3}(?:[:!]|\*\*)/i,
  // Commands, in a fence or inline.
  /(?:^|[\s`$>])abra (?:app|recipe|server|secret) \w/i,
  /(?:^|[\s`$>])docker (?:compose|config|container|exec|run|secret|service|stack|volume) [\w$"-]/i,
  /^[\s>*-]{0,8}(?:\d{1,3}[.)] {0,3})?(?:run|execute)\b(?! as\b)/im,
  /^\s{0,8}(?:\$|#) (?:sudo|docker|abra|psql|mysql|mariadb|occ|php|npm|su|cd|rm|mv|cp|chown|chmod|kubectl|systemctl) /m
]

/** Denials that contain the same words. They are removed first. */
const denials: ReadonlyArray<RegExp> = [
  /\b(?:no|without(?: any)?|not? (?:need|require)s? any|nothing|zero) (?:(?:further|other|additional|known|special) ){0,2}(?:manual|breaking|required) ?(?:work|steps?|actions?|changes?|intervention|migrations?)?(?: (?:is|are|was|were))?(?: (?:required|needed|necessary))?(?! (?:other|except|besides|beyond|apart|but))/gi,
  /\bno (?:action|steps?|intervention|migration|changes?) (?:is |are )?(?:required|needed|necessary)(?! (?:other|except|besides|beyond|apart|but))/gi,
  /\bnothing (?:has )?to (?:be done|do)(?: manually| by hand)?(?! (?:other|except|besides|beyond|apart|but))/gi,
  /\b(?:non-breaking|nonbreaking|backwards?[- ]compatible)\b/gi
]

/** The longest line that is searched, in characters, so that the time stays bounded. */
const longestLine = 2000

/**
 * @param text a note without control characters.
 * @returns the line that asks for manual work; null: none.
 */
export const asksForWork = (text: string): string | null => {
  // A sentence may continue on the next line.
  const paragraphs = text.split(/\n{2,}|\n(?=\s{0,8}(?:[-*>#$`]|\d{1,3}[.)]))/)
  for (const paragraph of paragraphs) {
    const line = paragraph.trim().slice(0, longestLine)
    const plain = denials.reduce((rest, denial) => rest.replace(denial, " "), line.replaceAll(/[*_]{1,3}/g, ""))
    const flat = plain.replaceAll(/\s*\n\s*/g, " ")
    if (patterns.some((pattern) => pattern.test(flat) || pattern.test(plain))) return line.replaceAll(/\s+/g, " ")
  }
  return null
}
