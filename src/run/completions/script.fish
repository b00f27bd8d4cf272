# Completes feather-analysis in fish. The program itself says what may be typed, so that this fits
# whichever version is installed.
function __feather_analysis_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    string match -q '*/*' -- $program; and test -x $program
    or set program feather-analysis
    set -l answer (FEATHER_ANALYSIS_COMPLETE=fish $program -- $words "$word" 2>/dev/null)
    switch "$answer[1]"
        case files folders
            set -l name (string sub -s (math 1 + (string length -- "$answer[2]")) -- "$word")
            set -l files (complete -C "'' $name")
            test $answer[1] = folders; and set files (string match -r '.*/$' -- $files)
            test -n "$files[1]"; and printf '%s\n' $answer[2]$files
        case '*'
            printf '%s\n' $answer[3..-1]
    end
end

complete -c feather-analysis -f -a '(__feather_analysis_complete)'
