package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

type vector struct {
	Description string
	Prompt      map[string]any
	Kind        string
	Canonical   string
	Hash        string
}

func readVectors(t *testing.T) []vector {
	file := os.Getenv("VECTORS")
	if file == "" {
		file = "../../../docs/reference/content-hash-vectors.json"
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestEveryVectorHasItsHash(t *testing.T) {
	for _, vector := range readVectors(t) {
		t.Run(vector.Description, func(t *testing.T) {
			var canonical bytes.Buffer
			if err := writeCanonical(&canonical, canonicalForm(vector.Prompt, vector.Kind)); err != nil {
				t.Fatal(err)
			}
			if canonical.String() != vector.Canonical {
				t.Errorf("canonical form\n%s, not\n%s", canonical.String(), vector.Canonical)
			}
			hash, err := ContentHash(vector.Prompt, vector.Kind)
			if err != nil || hash != vector.Hash {
				t.Errorf("hash %s (%v), not %s", hash, err, vector.Hash)
			}
		})
	}
}
