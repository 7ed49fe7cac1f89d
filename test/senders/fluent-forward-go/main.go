// Sends numbered records in every mode of the Forward protocol with IBM's client, which checks acknowledgements and, where
// a shared key is given, the server's proof of knowing it. What is not acknowledged is sent again.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/IBM/fluent-forward-go/fluent/client"
	"github.com/IBM/fluent-forward-go/fluent/protocol"
)

const perMessage = 100

func main() {
	address, key := os.Args[1], os.Args[2]
	messages, _ := strconv.Atoi(os.Args[3])
	sender := client.New(client.ConnectionOptions{
		Factory:           &client.ConnFactory{Address: address},
		RequireAck:        true,
		ConnectionTimeout: 20 * time.Second,
	})
	if key != "" {
		sender.AuthInfo = client.AuthInfo{SharedKey: []byte(key)}
		sender.Hostname = "edge-1"
	}
	resent := 0
	isConnected := false
	for n := 0; n < messages; {
		if !isConnected {
			if connect(sender) != nil {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			isConnected = true
		}
		message := messageOf(n)
		if sender.Send(message) != nil {
			resent++
			isConnected = false
			_ = sender.Disconnect()
			continue
		}
		n++
	}
	fmt.Println(resent)
}

func connect(sender *client.Client) error {
	if err := sender.Connect(); err != nil {
		return err
	}
	if sender.TransportPhase() {
		return nil
	}
	if err := sender.Handshake(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		_ = sender.Disconnect()
		return err
	}
	return nil
}

// messageOf makes the n-th message anew each time; its chunk id is its own, so that a server could recognise it.
func messageOf(n int) protocol.ChunkEncoder {
	entries := make(protocol.EntryList, perMessage)
	for i := range entries {
		entries[i] = protocol.EntryExt{Timestamp: protocol.EventTimeNow(), Record: map[string]interface{}{
			"log":        fmt.Sprintf("line %d", n*perMessage+i),
			"kubernetes": map[string]interface{}{"container_name": "shop", "host": "node-1", "labels": map[string]interface{}{"team": "t"}},
		}}
	}
	switch n % 3 {
	case 0:
		return protocol.NewForwardMessage("kube.shop", entries)
	case 1:
		message, _ := protocol.NewPackedForwardMessage("kube.shop", entries)
		return message
	default:
		message, _ := protocol.NewCompressedPackedForwardMessage("kube.shop", entries)
		return message
	}
}
