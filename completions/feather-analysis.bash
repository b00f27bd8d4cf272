# Completes feather-analysis in bash. The program itself says what may be typed, so that this fits
# whichever version is installed.
_feather_analysis() {
    local program=$1 mode word
    program=${program/#\~\//$HOME/}
    [[ $program == */* && -x $program ]] || program=feather-analysis
    COMPREPLY=()
    {
        IFS= read -r mode
        IFS= read -r word
        while IFS= read -r word; do COMPREPLY+=("$word"); done
    } < <(FEATHER_ANALYSIS_COMPLETE=bash "$program" -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    case $mode in
        # Where nothing is offered, bash completes files by itself.
        '' | files) ;;
        folders) compopt +o default +o bashdefault -o dirnames ;;
        open) compopt +o default +o bashdefault -o nospace ;;
        *) compopt +o default +o bashdefault ;;
    esac
}

complete -o bashdefault -o default -o nosort -F _feather_analysis feather-analysis 2>/dev/null ||
    complete -o bashdefault -o default -F _feather_analysis feather-analysis
