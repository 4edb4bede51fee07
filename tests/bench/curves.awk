# curves.awk - turns the points of curves.tsv (columns: curves/load.sh) into Markdown tables.

BEGIN { FS = "\t" }

$1 == "misses" { misses[++miss_count] = $2; rate[$2] = $3; p50[$2] = $4; p99[$2] = $5; cpu[$2] = $7 }
$1 == "offered" { offered[++offered_count] = $0 }
$1 == "beside" { beside[++beside_count] = $0 }
$1 == "disk" { disk[++disk_count] = $0 }
$1 == "start" || $1 == "memory" { values[++value_count] = $0 }
$1 == "entries" || $1 == "keys" || $1 == "routes" {
    if (!($1 in points))
        curves[++curve_count] = $1
    point[$1, ++points[$1]] = $0
}

END {
    print_misses()
    print_beside()
    print_disk()
    print_offered()
    for (c = 1; c <= curve_count; c++)
        print_growth(curves[c])
    print_values()
}

# The direct call and the gateway's stand next to each other.
function print_misses(    i, label, direct) {
    if (miss_count == 0)
        return
    printf "\n## A miss beside a direct call\n\nEvery target new; the origin answers at once.\n\n"
    print "| | requests/s | p50 ms | p99 ms | added p50 ms | added p99 ms | CPU s per 100,000 |"
    print "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for (i = 1; i <= miss_count; i++) {
        label = misses[i]
        direct = label
        sub(/^gateway/, "direct", direct)
        printf "| %s | %.0f | %.3f | %.3f | %s | %s | %.2f |\n", label, rate[label],
            p50[label] / 1000, p99[label] / 1000, added(p50, label, direct),
            added(p99, label, direct), cpu[label]
    }
}

function added(list, label, direct) {
    return label == direct ? "" : sprintf("%.3f", (list[label] - list[direct]) / 1000)
}

# One line for each turn.
function print_beside(    i, field) {
    if (beside_count == 0)
        return
    printf "\n## Misses at a fixed rate beside a full load of hits\n\n64 connections of each; a miss is timed "
    printf "from when it was due.\n\n| | failed | p50 ms | p99 ms | p99.9 ms | highest ms | hits/s |\n"
    print "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for (i = 1; i <= beside_count; i++) {
        split(beside[i], field, "\t")
        printf "| %s | %d of %d | %.2f | %.2f | %.2f | %.2f | %.0f |\n", field[2], field[4], field[3],
            field[5] / 1000, field[6] / 1000, field[7] / 1000, field[8] / 1000, field[9]
    }
}

function print_disk(    i, field) {
    if (disk_count == 0)
        return
    printf "\n## Hits, by where the spool is\n\n64 connections, rows kept.\n\n"
    print "| | requests/s | p50 ms | p99 ms | CPU s per 100,000 | other work % |"
    print "| --- | ---: | ---: | ---: | ---: | ---: |"
    for (i = 1; i <= disk_count; i++) {
        split(disk[i], field, "\t")
        printf "| %s | %.0f | %.2f | %.2f | %.2f | %s |\n", field[2], field[3], field[4] / 1000,
            field[5] / 1000, field[7], field[9]
    }
}

function print_offered(    i, field) {
    if (offered_count == 0)
        return
    printf "\n## Hits at a fixed offered rate\n\n64 connections; from sending to the end of the "
    printf "answer.\n\n| | reached/s | p50 ms | p99 ms | p99.9 ms | highest ms |\n"
    print "| --- | ---: | ---: | ---: | ---: | ---: |"
    for (i = 1; i <= offered_count; i++) {
        split(offered[i], field, "\t")
        printf "| %s | %.0f | %.3f | %.3f | %.3f | %.2f |\n", field[2], field[3], field[4] / 1000,
            field[5] / 1000, field[6] / 1000, field[9] / 1000
    }
}

function print_growth(curve,    i, field, first) {
    printf "\n## Hits by number of %s\n\n64 connections, by lot over all of them.\n\n", curve
    printf "| %s | requests/s | p50 ms | p99 ms | CPU s per 100,000 | to the first | memory MiB | other work %% |\n", curve
    print "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for (i = 1; i <= points[curve]; i++) {
        split(point[curve, i], field, "\t")
        if (i == 1)
            first = field[7]
        printf "| %d | %.0f | %.2f | %.2f | %.2f | %.2f | %.0f | %s |\n", field[2], field[3],
            field[4] / 1000, field[5] / 1000, field[7], field[7] / first, field[8] / 1024, field[9]
    }
}

function print_values(    i, field) {
    if (value_count == 0)
        return
    printf "\n## Memory, and time from start to first answer\n\n| | | |\n| --- | --- | ---: |\n"
    for (i = 1; i <= value_count; i++) {
        split(values[i], field, "\t")
        printf "| %s | %s | %s %s |\n", field[1], field[2], field[3], field[4]
    }
}
