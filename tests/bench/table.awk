# table.awk - turns the loads of a run into Markdown tables.
#
# In: targets.tsv rows.tsv results.tsv, in this order (columns: see below); -v sizes, connections,
# peers: what was measured, in the order of the tables; -v other_max: percent.
# A metric is kept per load as value[metric, size, connections, round, peer].

BEGIN {
    FS = "\t"
    size_count = split(sizes, size_list, " ")
    connection_count = split(connections, connection_list, " ")
    peer_count = split(peers, peer_list, " ")
}

FNR == 1 { file++ }
/^#/ { next }

file == 1 { targets[++target_count] = $0; next }
file == 2 { rows[++row_count] = $0; next }

{
    loads++
    if ($10 > other_max)
        disturbed++
    if ($11 != "ok") {
        voids[++void_count] = $0
        next
    }
    keep("rate", $5)
    keep("p50", $6 / 1000)
    keep("p99", $7 / 1000)
    keep("cpu", $8)
    keep("memory", $9 / 1024)
}

END {
    for (s = 1; s <= size_count; s++)
        print_size(size_list[s])
    print_rows()
    print_targets()
    print_notes()
}

function keep(metric, number) {
    value[metric, $1, $2, $3, $4] = number
    if ($3 > rounds)
        rounds = $3
}

function print_size(size) {
    printf "\n## %s\n", size_name(size)
    print_matrix("Requests per second, and ratio to the floor", "rate", size)
    print_matrix("Latency in ms, p50 / p99", "latency", size)
    print_matrix("CPU seconds per 100,000 requests", "cpu", size)
    print_matrix("Memory in MiB", "memory", size)
    print_ratios(size)
}

function print_header(first,    c) {
    printf "| %s |", first
    for (c = 1; c <= connection_count; c++)
        printf " %d connection%s |", connection_list[c], connection_list[c] == 1 ? "" : "s"
    printf "\n| --- |"
    for (c = 1; c <= connection_count; c++)
        printf " ---: |"
    print ""
}

function print_matrix(title, metric, size,    p, c) {
    printf "\n%s:\n\n", title
    print_header("")
    for (p = 1; p <= peer_count; p++) {
        printf "| %s |", peer_list[p]
        for (c = 1; c <= connection_count; c++)
            printf " %s |", cell(metric, size, connection_list[c], peer_list[p])
        print ""
    }
}

function cell(metric, size, connection, peer,    number, to_floor) {
    number = median_of(metric == "latency" ? "p50" : metric, size, connection, peer)
    if (number == "")
        return "void"
    if (metric == "latency")
        return sprintf("%.2f / %.2f", number, median_of("p99", size, connection, peer))
    if (metric == "cpu")
        return sprintf("%.2f", number)
    if (metric == "memory")
        return sprintf("%.1f", number)
    to_floor = ratio_of("rate", size, connection, peer, "floor")
    return thousands(number) (to_floor == "" || peer == "floor" ? "" : sprintf(" (%.2f)", to_floor))
}

function print_ratios(size,    p, q, c, mine) {
    if (!measured("burst") && !measured("sustained"))
        return
    printf "\nrentcache's requests per second, as a multiple of each peer's:\n\n"
    print_header("")
    for (p = 1; p <= peer_count; p++) {
        mine = peer_list[p]
        if (mine != "burst" && mine != "sustained")
            continue
        for (q = 1; q <= peer_count; q++) {
            if (peer_list[q] == "burst" || peer_list[q] == "sustained")
                continue
            printf "| %s / %s |", mine, peer_list[q]
            for (c = 1; c <= connection_count; c++)
                printf " %s |",
                    fixed(ratio_of("rate", size, connection_list[c], mine, peer_list[q]))
            print ""
        }
    }
}

# size connections round peer asked in_flight rows waiting drained equal
function print_rows(    i, field) {
    if (row_count == 0)
        return
    printf "\n## Rows\n\nEvery answer has exactly one row in `usage_stats`. wrk does not count the "
    printf "answers it no longer waits for when it ends,\nso there may be as many more rows as it had "
    printf "connections (of a burst, also those of its warm-up).\n\n"
    print "| size | connections | round | peer | requests | rows | equal | waiting at the end of the load | s until stored |"
    print "| --- | ---: | ---: | --- | ---: | ---: | --- | ---: | ---: |"
    for (i = 1; i <= row_count; i++) {
        split(rows[i], field, "\t")
        printf "| %s | %d | %d | %s | %s | %+d | %s | %s | %s |\n", size_name(field[1]), field[2],
            field[3], field[4], thousands(field[5]), field[7] - field[5], field[10],
            thousands(field[8]), field[9]
    }
}

function print_targets(    i, field, burst, sustained) {
    if (!measured("burst"))
        return
    printf "\n## Targets\n\n"
    print "| target | wanted | burst | reached | sustained |"
    print "| --- | ---: | ---: | --- | ---: |"
    for (i = 1; i <= target_count; i++) {
        split(targets[i], field, "\t")
        burst = reached(field, "burst")
        sustained = field[3] == "storing" ? "" : reached(field, "sustained")
        printf "| %s | %s %s | %s | %s | %s |\n", target_name(field), field[5], field[6],
            fixed(burst), verdict(burst, field[5], field[6]), fixed(sustained)
    }
}

function reached(field, mine,    with_storing, without) {
    if (field[3] == "cpu")
        return median_of("cpu", field[1], field[2], mine)
    if (field[3] != "storing")
        return ratio_of(field[3], field[1], field[2], mine, field[4])
    with_storing = median_of("cpu", field[1], field[2], "sustained")
    without = median_of("cpu", field[1], field[2], "burst")
    return with_storing == "" || without == "" ? "" : with_storing - without
}

function target_name(field,    where) {
    where = sprintf("%s, %d connections: ", size_name(field[1]), field[2])
    if (field[3] == "cpu")
        return where "CPU s per 100,000, without storing"
    if (field[3] == "storing")
        return where "CPU s per 100,000, storing on top"
    return where (field[3] == "rate" ? "requests per second" : "p99") " / " field[4]
}

function verdict(number, relation, wanted) {
    if (number == "")
        return "not measured"
    return (relation == ">=" ? number >= wanted + 0 : number <= wanted + 0) ? "yes" : "no"
}

function print_notes(    i, field) {
    printf "\n%d loads, %d void, %d with more than %s %% of other work on the machine.\n",
        loads, void_count, disturbed, other_max
    for (i = 1; i <= void_count; i++) {
        split(voids[i], field, "\t")
        printf "%s- void: %s, %d connections, round %d, %s: %s\n", (i == 1 ? "\n" : ""), size_name(field[1]), field[2],
            field[3], field[4], field[11]
    }
}

function measured(peer,    p) {
    for (p = 1; p <= peer_count; p++)
        if (peer_list[p] == peer)
            return 1
    return 0
}

# Medians; "" where there is nothing.
function median_of(metric, size, connection, peer,    round, found, count) {
    count = 0
    for (round = 1; round <= rounds; round++)
        if ((metric, size, connection, round, peer) in value)
            found[++count] = value[metric, size, connection, round, peer]
    return median(found, count)
}

function ratio_of(metric, size, connection, mine, other,    round, found, count, mine_here, other_here) {
    count = 0
    for (round = 1; round <= rounds; round++) {
        if (!((metric, size, connection, round, mine) in value) ||
            !((metric, size, connection, round, other) in value))
            continue
        mine_here = value[metric, size, connection, round, mine]
        other_here = value[metric, size, connection, round, other]
        if (other_here > 0)
            found[++count] = mine_here / other_here
    }
    return median(found, count)
}

function median(list, count,    i, j, moved) {
    if (count == 0)
        return ""
    for (i = 2; i <= count; i++) {
        moved = list[i]
        for (j = i - 1; j >= 1 && list[j] > moved; j--)
            list[j + 1] = list[j]
        list[j + 1] = moved
    }
    return (list[int((count + 1) / 2)] + list[int(count / 2) + 1]) / 2
}

function size_name(size) {
    return size % 1024 == 0 ? size / 1024 " KB" : size " bytes"
}

function fixed(number) {
    return number == "" ? "" : sprintf("%.2f", number)
}

function thousands(number,    digits, grouped) {
    digits = sprintf("%.0f", number)
    grouped = ""
    while (length(digits) > 3) {
        grouped = "," substr(digits, length(digits) - 2) grouped
        digits = substr(digits, 1, length(digits) - 3)
    }
    return digits grouped
}
