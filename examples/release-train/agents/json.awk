# Flattens one line of JSON to lines "path<TAB>value", the path made of names and places joined by dots: inputs.0.path<TAB>/a/b
# Decodes \" \\ and \/; other escapes stay as they are, so that every value keeps to its line. Exit status 2: not JSON.

{ text = $0; read_value(""); skip_blanks(); if (text != "") refuse() }

function read_value(path,    first) {
  skip_blanks()
  first = substr(text, 1, 1)
  if (first == "{") read_members(path, "}")
  else if (first == "[") read_members(path, "]")
  else if (first == "\"") print path "\t" read_string()
  else if (match(text, /^(true|false|null|-?[0-9][0-9.eE+-]*)/)) print path "\t" take(RLENGTH)
  else refuse()
}

function read_members(path, close_mark,    count, name, mark) {
  take(1); skip_blanks()
  if (substr(text, 1, 1) == close_mark) { take(1); return }
  for (count = 0; ; count++) {
    name = count
    if (close_mark == "}") {
      skip_blanks(); name = read_string(); skip_blanks()
      if (take(1) != ":") refuse()
    }
    read_value(path == "" ? name : path "." name)
    skip_blanks(); mark = take(1)
    if (mark == close_mark) return
    if (mark != ",") refuse()
  }
}

function read_string(    raw) {
  if (!match(text, /^"([^"\\]|\\.)*"/)) refuse()
  raw = take(RLENGTH)
  raw = substr(raw, 2, length(raw) - 2)
  gsub(/\\\\/, "\001", raw); gsub(/\\"/, "\"", raw); gsub(/\\\//, "/", raw); gsub(/\001/, "\\\\", raw)
  return raw
}

function skip_blanks() { sub(/^[ \t\r]+/, "", text) }
function take(size,    taken) { taken = substr(text, 1, size); text = substr(text, size + 1); return taken }
function refuse() { print "not JSON at: " substr(text, 1, 40) > "/dev/stderr"; exit 2 }
