/** What each shell runs to complete kubectl's words: it asks `kubectl __complete` and does what the directive says. */

const head = "# Completion for kubectl: `kubectl __complete WORDS` names what may stand for the last word, and what to do with it.\n";

const bash = `${head}
__kubectl_complete() {
    local line cur readline out directive choice name
    local -a words
    line=\${COMP_LINE:0:COMP_POINT}
    # Words by blanks: bash itself would cut them at = and : too.
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("''")
    cur=\${words[\${#words[@]}-1]}
    [[ $cur == "''" ]] && cur=
    readline=\${COMP_WORDS[COMP_CWORD]}
    [[ $readline == "=" || $readline == ":" ]] && readline=
    COMPREPLY=()
    out=$(eval "\${words[0]} __complete \${words[*]:1}" 2>/dev/null) || return
    directive=\${out##*:}
    out=\${out%:*}
    [[ $directive =~ ^[0-9]+$ ]] || return
    (( directive & 1 )) && return
    [[ $cur == -*=* ]] && cur=\${cur#*=}
    if (( directive & 8 )); then
        local extensions=\${out//$'\\n'/|}
        compopt -o filenames +o default
        while read -r name; do COMPREPLY+=("$name"); done < <(shopt -s extglob; compgen -d -- "$cur"; compgen -f -X "!*.@(\${extensions%|})" -- "$cur")
        return
    fi
    if (( directive & 16 )); then
        compopt -o filenames +o default
        while read -r name; do COMPREPLY+=("$name"); done < <(compgen -d -- "$cur")
        return
    fi
    (( directive & 2 )) && compopt -o nospace
    (( directive & 4 )) && compopt +o default
    # What stands before the last = or : is no part of the word that readline replaces.
    local before=\${cur%"$readline"}
    while IFS= read -r choice; do
        name=\${choice%%$'\\t'*}
        [[ -n $name && $name == "$cur"* ]] || continue
        COMPREPLY+=("\${name#"$before"}")
    done <<< "$out"
    # Choices that are only listed get their descriptions.
    if [[ $COMP_TYPE == 63 ]] && (( \${#COMPREPLY[@]} > 1 )); then
        COMPREPLY=()
        while IFS= read -r choice; do
            name=\${choice%%$'\\t'*}
            [[ -n $name && $name == "$cur"* ]] || continue
            if [[ $choice == *$'\\t'* ]]; then
                printf -v name '%-24s (%s)' "\${name#"$before"}" "\${choice#*$'\\t'}"
                COMPREPLY+=("\${name:0:\${COLUMNS:-100}}")
            else
                COMPREPLY+=("\${name#"$before"}")
            fi
        done <<< "$out"
    fi
}
complete -o default -F __kubectl_complete kubectl
`;

const zsh = `#compdef kubectl
compdef _kubectl kubectl
${head}
_kubectl() {
    local request out directive line name
    local -a lines choices
    request="\${words[1]} __complete \${words[2,CURRENT]}"
    [[ -z "\${words[CURRENT]}" ]] && request="$request ''"
    out=$(eval "$request" 2>/dev/null)
    lines=("\${(@f)out}")
    directive=\${lines[-1]#:}
    lines=("\${(@)lines[1,-2]}")
    [[ $directive == <-> ]] || return 1
    (( directive & 1 )) && return 1
    [[ "\${words[CURRENT]}" == -*=* ]] && compset -P '*='
    if (( directive & 8 )); then
        _files -g "*.(\${(j:|:)lines})"
        return
    fi
    if (( directive & 16 )); then
        _files -/
        return
    fi
    for line in "\${lines[@]}"; do
        [[ -n "$line" ]] || continue
        name=\${line%%$'\\t'*}
        if [[ "$line" == *$'\\t'* ]]; then
            choices+=("\${name//:/\\\\:}:\${line#*$'\\t'}")
        else
            choices+=("\${name//:/\\\\:}")
        fi
    done
    local -a how
    (( directive & 2 )) && how=(-S '')
    if (( \${#choices} > 0 )); then
        _describe -V completions choices "\${how[@]}" && return 0
    fi
    (( directive & 4 )) || _files
}
# Loaded as a function of that name it completes at once.
[ "$funcstack[1]" = "_kubectl" ] && _kubectl
`;

const fish = `${head}
function __kubectl_complete
    set -l tokens (commandline -opc)
    set -l last (commandline -ct)
    set -l out (eval $tokens[1] __complete (string escape -- $tokens[2..-1] $last) 2>/dev/null)
    set -l directive (string replace -r '^:' '' -- $out[-1])
    string match -qr '^[0-9]+$' -- "$directive"; or return
    set -e out[-1]
    test (math "floor($directive / 1) % 2") -eq 1; and return
    set -l flag (string match -r '^-.*=' -- $last)
    set -l value (string replace -r '^-.*=' '' -- $last)
    if test (math "floor($directive / 8) % 2") -eq 1
        for extension in $out
            __fish_complete_suffix ".$extension"
        end
        return
    end
    if test (math "floor($directive / 16) % 2") -eq 1
        __fish_complete_directories $value
        return
    end
    for choice in $out
        echo "$flag$choice"
    end
    if test (count $out) -eq 0; and test (math "floor($directive / 4) % 2") -eq 0
        for path in (__fish_complete_path $value)
            echo "$flag$path"
        end
    end
end

complete -c kubectl -e
complete -c kubectl -f -a '(__kubectl_complete)'
`;

const powershell = `${head}
Register-ArgumentCompleter -CommandName 'kubectl' -ScriptBlock {
    param($WordToComplete, $CommandAst, $CursorPosition)
    $Line = $CommandAst.Extent.Text
    $Length = [Math]::Min($CursorPosition - $CommandAst.Extent.StartOffset, $Line.Length)
    $Line = $Line.Substring(0, $Length)
    $Program, $Arguments = $Line.Split(' ', 2)
    $Request = "$Program __complete $Arguments"
    if ($WordToComplete -eq '') { $Request += " ''" }
    $Lines = @(Invoke-Expression "$Request 2>&1" | Where-Object { $_ -is [string] })
    if ($Lines.Count -eq 0 -or $Lines[-1] -notmatch '^:[0-9]+$') { return }
    $Directive = [int]$Lines[-1].Substring(1)
    if ($Directive -band 1) { return }
    $Choices = @($Lines | Select-Object -SkipLast 1)
    if ($Directive -band 24) { return }
    $Flag = ''
    if ($WordToComplete -match '^(-[^=]*=)(.*)$') { $Flag = $Matches[1]; $WordToComplete = $Matches[2] }
    $Space = if ($Directive -band 2) { '' } else { ' ' }
    $Found = $Choices | ForEach-Object {
        $Name, $Description = $_.Split("\`t", 2)
        if ($Name.StartsWith($WordToComplete)) {
            if (-not $Description) { $Description = ' ' }
            [System.Management.Automation.CompletionResult]::new("$Flag$Name$Space", $Name, 'ParameterValue', $Description)
        }
    }
    if ($Found) { $Found } elseif ($Directive -band 4) { '' }
}
`;

export const scripts: Readonly<Record<string, string>> = { bash, zsh, fish, powershell };
