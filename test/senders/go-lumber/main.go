// Sends numbered events with the client library that Filebeat's "logstash" output is made of, and sends a window again
// until it is acknowledged, as Filebeat does it.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	client "github.com/elastic/go-lumber/client/v2"
)

func main() {
	address := os.Args[1]
	windows, _ := strconv.Atoi(os.Args[2])
	size, _ := strconv.Atoi(os.Args[3])
	resent := 0
	var connection *client.SyncClient
	for window := 0; window < windows; {
		if connection == nil {
			opened, err := client.SyncDial(address, client.CompressionLevel(3), client.Timeout(20*time.Second))
			if err != nil {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			connection = opened
		}
		if _, err := connection.Send(events(window*size, size)); err != nil {
			connection.Close()
			connection = nil
			resent++
			continue
		}
		window++
	}
	fmt.Println(resent)
}

func events(first, count int) []interface{} {
	events := make([]interface{}, count)
	for i := range events {
		events[i] = map[string]interface{}{
			"@timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
			"@metadata":  map[string]interface{}{"beat": "filebeat", "type": "_doc", "version": "9.1.0"},
			"message":    fmt.Sprintf("line %d", first+i),
			"log":        map[string]interface{}{"offset": first + i, "file": map[string]interface{}{"path": "/var/log/shop.log"}},
			"fields":     map[string]interface{}{"service": "shop"},
			"host":       map[string]interface{}{"name": "web-1"},
			"agent":      map[string]interface{}{"type": "filebeat", "version": "9.1.0"},
		}
	}
	return events
}
