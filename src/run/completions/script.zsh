#compdef feather-analysis
# Completes feather-analysis in zsh. The program itself says what may be typed, so that this fits
# whichever version is installed.

_feather-analysis() {
    local program=${(Q)words[1]} line word about
    local -a answer known
    program=${program/#\~\//$HOME/}
    [[ $program == */* && -x $program ]] || program=feather-analysis
    answer=("${(@f)$(FEATHER_ANALYSIS_COMPLETE=zsh $program -- \
        "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    # What stands before the last element of a list, or behind an option's =, is not shown again.
    compset -p ${#answer[2]}
    case $answer[1] in
        files) _files && return ;;
        folders) _path_files -/ && return ;;
    esac
    for line in "${(@)answer[3,-1]}"; do
        word=${line%%$'\t'*}
        about=${line#*$'\t'}
        known+=("${word//:/\\:}${about:+:$about}")
    done
    (( $#known )) || return 1
    # As the names of zones are found whatever their case.
    local -a options=(-M 'm:{[:lower:]}={[:upper:]}')
    [[ $answer[1] == open ]] && options+=(-S '')
    _describe -V value known "${(@)options}"
}

if [[ $funcstack[1] == _feather-analysis ]]; then
    _feather-analysis "$@"
else
    compdef _feather-analysis feather-analysis
fi
