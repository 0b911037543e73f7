package main

import (
	"log"
	"sync"
)

func main() {
	log.SetFlags(0)
	var background sync.WaitGroup
	background.Add(1)
	go func() {
		defer background.Done()
		WarnOnDrift("promptsync-bundle.json", log.Printf)
	}()
	// A service would begin its work here; this one has none.
	background.Wait()
}
