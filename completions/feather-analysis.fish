# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_feather_analysis_global_optspecs
    string join \n demo base-url= api-key-file= wait= j/jobs= retries= timeout= connect-timeout= ca-cert= cert= key= header= max-size= allow-http color= width= no-pager tz= excel progress= q/quiet v/verbose error-format= h/help V/version
end

function __fish_feather_analysis_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_feather_analysis_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_feather_analysis_using_subcommand
    set -l cmd (__fish_feather_analysis_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -s V -l version -d 'Print version'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "fetch" -d 'Print the analysis input'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "transcript" -d 'Read the conversation, with its evidence in place'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "rag" -d 'Inspect retrievals: searched, found, cited'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "tools" -d 'Inspect tool calls: arguments, results, errors'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "missing" -d 'Say which evidence is missing and what that rules out'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "gaps" -d 'Say which questions the knowledge base fails, in the customers\' words'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "schema" -d 'Say what the rows are that commands print'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c feather-analysis -n "__fish_feather_analysis_needs_command" -f -a "demo" -d 'Serve the sample sessions on loopback until Ctrl-C'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l where -d 'Only sessions that meet this: outcome=unresolved, \'csat<3\', tools=a,b' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l since -d 'Only sessions that began then or later: 2026-09-14, 36h, 7d, today' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l until -d 'Only sessions that began until then; a day is included' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l by -d 'With --summary: a row a group of equal FIELDs' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l against -d 'With --summary: compare with the saved sessions in BASE' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l fail-if-worse -d 'With --against: exit with 10 if one is worse, with 11 if none can be judged' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l fields -d 'Only these fields, in this order; `feather-analysis schema` lists them' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l sort -d 'By these fields, downward with - before one; nulls come last' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l limit -d 'At most so many rows' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -s f -l format -d 'How to print it [default: json; with --overview and --summary: table]' -r -f -a "json\t'Indented, every token as the server sent it'
raw\t'The bytes as they came'
ndjson\t'A line a session'
table\t'An overview, a row a session'
csv\t'The overview as CSV'
markdown\t'The overview as Markdown'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -s o -l output -d 'Write to FILE, which is replaced as a whole at the end, if nothing failed' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l out-dir -d 'Write DIR/UUID.json for each session instead, skipping those that are there whole' -r -f -a "(__fish_complete_directories)"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l overview -d 'A row a session instead: how it came in and ended, and how much it holds'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l summary -d 'Figures over all sessions given'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l force -d 'With --out-dir: fetch and replace what is already there, whatever it is'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand fetch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l where -d 'Only sessions that meet this: outcome=unresolved, \'csat<3\', tools=a,b' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l since -d 'Only sessions that began then or later: 2026-09-14, 36h, 7d, today' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l until -d 'Only sessions that began until then; a day is included' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -s f -l format -d 'How to print it' -r -f -a "text\t'For reading'
markdown\t'For an issue tracker'
json\t'An array, an object a turn'
ndjson\t'A line a turn'
table\t'The figures of --summary as a table'
csv\t'The figures of --summary for a spreadsheet'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l turn -d 'Only these turns: 4, 4..9, 4.. or ..9, or several: 4,7,10..' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l role -d 'Only turns of these roles' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l only -d 'Only turns and events that have flags: what needs a look' -r -f -a "flagged\t'Those with something to see, which the header names'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l by -d 'With --summary: a row a group of equal FIELDs' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l against -d 'With --summary: compare with the saved sessions in BASE' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l fail-if-worse -d 'With --against: exit with 10 if one is worse, with 11 if none can be judged' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l no-evidence -d 'Leave out retrievals, citations and tool calls'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l full -d 'Show long messages, arguments and results whole'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l summary -d 'Figures over the messages of all sessions given: by role, by model, and how long customers waited'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand transcript" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l where -d 'Only sessions that meet this: outcome=unresolved, \'csat<3\', tools=a,b' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l since -d 'Only sessions that began then or later: 2026-09-14, 36h, 7d, today' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l until -d 'Only sessions that began until then; a day is included' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l fields -d 'Only these fields, in this order; `feather-analysis schema` lists them' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l sort -d 'By these fields, downward with - before one; nulls come last' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l limit -d 'At most so many rows' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -s f -l format -d 'How to print it' -r -f -a "table\t'For reading'
json\t'An array, an object a row'
ndjson\t'A line a row'
csv\t'For a spreadsheet'
markdown\t'For an issue tracker'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l by -d 'With --summary: a row a group of equal FIELDs' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l against -d 'With --summary: compare with the saved sessions in BASE' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l fail-if-worse -d 'With --against: exit with 10 if one is worse, with 11 if none can be judged' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l only -d 'Only rows that meet one of these conditions' -r -f -a "miss\t'No hit'
unanswerable\t'Unanswerable by its label or, without one, by its score'
uncited\t'Chunks were found and none was cited'
cited-not-retrieved\t'Cited, but no retrieval of its turn returned it'
orphan\t'Belongs to a turn that no message has'
disagrees\t'Hit and answerability label contradict one another'
repeat\t'The same query missed earlier in the session'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l fail-on -d 'Exit with 10 if a retrieval or citation meets one of the conditions of --only' -r -f -a "miss\t'No hit'
unanswerable\t'Unanswerable by its label or, without one, by its score'
uncited\t'Chunks were found and none was cited'
cited-not-retrieved\t'Cited, but no retrieval of its turn returned it'
orphan\t'Belongs to a turn that no message has'
disagrees\t'Hit and answerability label contradict one another'
repeat\t'The same query missed earlier in the session'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l chunks -d 'A row a chunk, with whether it was cited'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l summary -d 'Figures over all sessions given'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l thresholds -d 'What lies on either side of each threshold'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand rag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l where -d 'Only sessions that meet this: outcome=unresolved, \'csat<3\', tools=a,b' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l since -d 'Only sessions that began then or later: 2026-09-14, 36h, 7d, today' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l until -d 'Only sessions that began until then; a day is included' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l fields -d 'Only these fields, in this order; `feather-analysis schema` lists them' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l sort -d 'By these fields, downward with - before one; nulls come last' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l limit -d 'At most so many rows' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -s f -l format -d 'How to print it' -r -f -a "table\t'For reading'
json\t'An array, an object a row'
ndjson\t'A line a row'
csv\t'For a spreadsheet'
markdown\t'For an issue tracker'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l by -d 'With --summary: a row a group of equal FIELDs' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l against -d 'With --summary: compare with the saved sessions in BASE' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l fail-if-worse -d 'With --against: exit with 10 if one is worse, with 11 if none can be judged' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l name -d 'Only calls of these tools' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l only -d 'Only calls with one of these states' -r -f -a "ok\t'Answered without an error'
error\t'Failed'
no-result\t'Neither result nor error came back'
unrecorded\t'A message asked for it, but it was not recorded'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l fail-on -d 'Exit with 10 if any call has one of these states' -r -f -a "ok\t'Answered without an error'
error\t'Failed'
no-result\t'Neither result nor error came back'
unrecorded\t'A message asked for it, but it was not recorded'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l summary -d 'Figures over all sessions given, by tool'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l full -d 'Show arguments and results whole'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand tools" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l where -d 'Only sessions that meet this: outcome=unresolved, \'csat<3\', tools=a,b' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l since -d 'Only sessions that began then or later: 2026-09-14, 36h, 7d, today' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l until -d 'Only sessions that began until then; a day is included' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l fields -d 'Only these fields, in this order; `feather-analysis schema` lists them' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l sort -d 'By these fields, downward with - before one; nulls come last' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l limit -d 'At most so many rows' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -s f -l format -d 'How to print it' -r -f -a "table\t'For reading'
json\t'An array, an object a row'
ndjson\t'A line a row'
csv\t'For a spreadsheet'
markdown\t'For an issue tracker'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l by -d 'With --summary: a row a group of equal FIELDs' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l against -d 'With --summary: compare with the saved sessions in BASE' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l fail-if-worse -d 'With --against: exit with 10 if one is worse, with 11 if none can be judged' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l fail-on -d 'Exit with 10 if a session declares one of these reasons' -r -f -a "any\t'Any reason at all'
no_rag_trace\t'No retrieval was recorded'
no_kb_snapshot\t'The knowledge bases\' state was not recorded'
no_citations\t'No citation was recorded'
no_tool_trace\t'No tool call was recorded'
no_csat\t'No satisfaction score'
no_user_feedback\t'No feedback'
transcript_redaction_skipped\t'The transcript was not redacted'
legacy_session\t'Older than the recording of evidence'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l all -d 'Every kind of evidence with its count, missing or not'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l summary -d 'Sessions and share by reason, over all sessions given'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand missing" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l where -d 'Only sessions that meet this: outcome=unresolved, \'csat<3\', tools=a,b' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l since -d 'Only sessions that began then or later: 2026-09-14, 36h, 7d, today' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l until -d 'Only sessions that began until then; a day is included' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l fields -d 'Only these fields, in this order; `feather-analysis schema` lists them' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l sort -d 'By these fields, downward with - before one; nulls come last' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l limit -d 'At most so many rows' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -s f -l format -d 'How to print it' -r -f -a "table\t'For reading'
json\t'An array, an object a row'
ndjson\t'A line a row'
csv\t'For a spreadsheet'
markdown\t'For an issue tracker'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l against -d 'Say what became of the gaps in BASE, a file or a folder; repeatable' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l fail-on -d 'With --against: exit with 10 if any gap has one of these states' -r -f -a "new\t'Misses now, and was no gap before'
open\t'Misses now as it did before'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l full -d 'Show the customers\' words whole'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand gaps" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l port -d 'Port to listen on; 0 takes a free one' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l base-url -d 'sandbox, local (http://localhost:8000) or a URL [default: $FEATHER_BASE_URL, else sandbox]' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l api-key-file -d 'File that holds the API key, or - for standard input' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l wait -d 'Wait while a session still runs: up to DURATION, 10m when bare' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -s j -l jobs -d 'Sessions to fetch at a time' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l retries -d 'Further tries after a failure that can pass' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l timeout -d 'Time for one try, from connecting to the last byte' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l connect-timeout -d 'Time to connect' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l ca-cert -d 'Trust the certificates in this PEM file too' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l cert -d 'Show the server the certificate in this PEM file, where it asks for one' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l key -d 'Its private key [default: in the file of --cert]' -r -F
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l header -d 'A further header for a gateway before the API; repeatable' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l max-size -d 'Largest document taken, decoded' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, heeding NO_COLOR, CLICOLOR_FORCE and TERM=dumb'
always\t'Always'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l width -d 'Columns to lay out for; 0 is unlimited [default: the terminal\'s; piped: 0]' -r
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l tz -d 'Zone of the times shown: utc, local, +HH:MM or a name like Europe/Berlin' -r -f
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l progress -d 'When to say on standard error how far a run is' -r -f -a "auto\t'By a bar, on a terminal'
always\t'Without a terminal by a line every ten seconds'
never\t'Never'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l error-format -d 'How failures are told on standard error' -r -f -a "human\t'In words'
json\t'A JSON object a line'"
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l list -d 'Print the sample sessions\' ids and what each answers, and serve nothing'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l demo -d 'Answer from the sample sessions inside the program: no key, no network'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l allow-http -d 'Send the key over plain http to a host that is not loopback'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l no-pager -d 'Do not page on a terminal'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -l excel -d 'With --format csv: as a double click in Excel takes it'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -s q -l quiet -d 'No progress, warnings or hints'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -s v -l verbose -d 'A line a request on standard error, and the pace that a limit calls for'
complete -c feather-analysis -n "__fish_feather_analysis_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
