# Turns lines "hash<TAB>author<TAB>subject" into the lists of one version, by the kind that a conventional subject starts with.
BEGIN {
  FS = "\t"
  split("feat fix perf docs other", order, " ")
  title["feat"] = "New"; title["fix"] = "Fixed"; title["perf"] = "Faster"
  title["docs"] = "Documentation"; title["other"] = "Other"
}
{
  kind = "other"; what = $3
  if (match(what, /^[a-z]+(\([^)]*\))?!?: */)) {
    kind = substr(what, 1, RLENGTH); what = substr(what, RLENGTH + 1)
    breaking = (kind ~ /!/) ? "**Breaking:** " : ""
    sub(/[^a-z].*/, "", kind)
    if (!(kind in title)) kind = "other"
  } else breaking = ""
  list[kind] = list[kind] "- " breaking what " (" $1 ", " $2 ")\n"
}
END { for (i = 1; i <= 5; i++) if (order[i] in list) print "### " title[order[i]] "\n\n" list[order[i]] }
