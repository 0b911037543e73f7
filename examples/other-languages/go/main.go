// A service that starts: go run . promptsync-bundle.json
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	WarnOnDrift(os.Args[1], log.Printf)
}
