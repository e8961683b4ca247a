/** The completions of each shell. All of them ask `lastgood complete`, so that they never differ from the command. */

const bash = `# lastgood: completions for bash. Source this, or install it as
# /usr/share/bash-completion/completions/lastgood
_lastgood() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" value what
  [[ "$cur" == = ]] && cur=""
  COMPREPLY=()
  while IFS=$'\\t' read -r value what; do
    if [[ "$value" == :files ]]; then
      compopt -o default
      COMPREPLY=()
      return
    fi
    [[ "$value" == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$value")")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _lastgood lastgood
`

const zsh = `#compdef lastgood
# lastgood: completions for zsh. Install this as _lastgood in a folder of $fpath, or source it after compinit.
_lastgood() {
  local -a values
  local value what
  while IFS=$'\\t' read -r value what; do
    if [[ "$value" == :files ]]; then
      _files
      return
    fi
    values+=("\${value//:/\\\\:}\${what:+:$what}")
  done < <("\${(Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe -V lastgood values
}
if [[ "\${funcstack[1]}" == _lastgood ]]; then
  _lastgood "$@"
else
  compdef _lastgood lastgood
fi
`

const fish = `# lastgood: completions for fish. Install this as ~/.config/fish/completions/lastgood.fish
function __lastgood_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$current"
            return
        end
        echo $line
    end
end
complete -c lastgood -f -k -a '(__lastgood_complete)'
`

export const scripts = { bash, zsh, fish } as const

export type Shell = keyof typeof scripts
