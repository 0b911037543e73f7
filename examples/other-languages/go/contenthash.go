package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"unicode/utf16"
)

// ContentHash hashes a prompt as docs/reference/content-hash.md defines it. The prompt has the keys
// of a prompt file, and text or messages; kind is the registry it is compared with, or empty.
func ContentHash(prompt map[string]any, kind string) (string, error) {
	var canonical bytes.Buffer
	if err := writeCanonical(&canonical, canonicalForm(prompt, kind)); err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(canonical.Bytes())), nil
}

// canonicalForm is the object that is hashed: what changes behaviour, without what is null or empty.
func canonicalForm(prompt map[string]any, kind string) map[string]any {
	form := map[string]any{
		"type":            "text",
		"text":            prompt["text"],
		"model":           prompt["model"],
		"params":          stated(prompt["params"]),
		"tools":           prompt["tools"],
		"response_format": prompt["response_format"],
	}
	if messages, isChat := prompt["messages"].([]any); isChat {
		cleaned := make([]any, len(messages))
		for i, message := range messages {
			cleaned[i] = stated(message)
		}
		form["type"], form["text"], form["messages"] = "chat", nil, cleaned
	}
	if prompt["template"] != "mustache" {
		form["template"] = prompt["template"]
	}
	if kind != "" {
		table := stated(prompt[kind])
		delete(table, "slug")
		delete(table, "name")
		form[kind] = table
	}
	return stated(form)
}

// stated leaves out null members at any depth, then the members that are empty.
func stated(value any) map[string]any {
	members, _ := withoutNull(value).(map[string]any)
	kept := map[string]any{}
	for key, member := range members {
		if !isEmpty(member) {
			kept[key] = member
		}
	}
	return kept
}

func withoutNull(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, member := range value {
			if member != nil {
				kept[key] = withoutNull(member)
			}
		}
		return kept
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = withoutNull(item)
		}
		return items
	}
	return value
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// writeCanonical writes JSON as RFC 8785 has it.
func writeCanonical(out *bytes.Buffer, value any) error {
	switch value := value.(type) {
	case map[string]any:
		return writeObject(out, value)
	case []any:
		out.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeCanonical(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case string:
		writeText(out, value)
	case float64:
		if value == 0 {
			value = 0 // not -0
		}
		return writeGo(out, value)
	default:
		return writeGo(out, value)
	}
	return nil
}

// writeGo writes true, false, null and numbers: encoding/json spells a float64 as JavaScript does.
func writeGo(out *bytes.Buffer, value any) error {
	text, err := json.Marshal(value)
	out.Write(text)
	return err
}

func writeObject(out *bytes.Buffer, members map[string]any) error {
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return precedes(keys[i], keys[j]) })
	out.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			out.WriteByte(',')
		}
		writeText(out, key)
		out.WriteByte(':')
		if err := writeCanonical(out, members[key]); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// precedes compares by UTF-16 code units.
func precedes(one, other string) bool {
	first, second := utf16.Encode([]rune(one)), utf16.Encode([]rune(other))
	for i := range first {
		if i == len(second) {
			return false
		}
		if first[i] != second[i] {
			return first[i] < second[i]
		}
	}
	return len(first) < len(second)
}

var escapes = strings.NewReplacer(
	`"`, `\"`, `\`, `\\`, "\b", `\b`, "\t", `\t`, "\n", `\n`, "\f", `\f`, "\r", `\r`,
)

// writeText escapes less than encoding/json, which also escapes <, >, & and U+2028.
func writeText(out *bytes.Buffer, text string) {
	out.WriteByte('"')
	for _, character := range escapes.Replace(text) {
		if character < ' ' {
			fmt.Fprintf(out, `\u%04x`, character)
		} else {
			out.WriteRune(character)
		}
	}
	out.WriteByte('"')
}
