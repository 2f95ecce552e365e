#!/usr/bin/env bash
# viv load: code of all forms is loaded whole or not at all; what is wrong is said with file, line and column.
. "$(dirname "$0")/lib.sh"

# A package in Tonel, its files in an order that is not that of loading, headers of both versions.
mkdir -p src/Zoo src/Zoo-Tests src/BaselineOfZoo
echo "Package { #name : #Zoo }" >src/Zoo/package.st
echo "Package { #name : 'Zoo-Tests' }" >src/Zoo-Tests/package.st
printf "{\n\t#format : #tonel\n}\n" >src/.properties
cat >src/Zoo/Cow.class.st <<'END'
"
I say moo.
"
Class {
	#name : #Cow,
	#superclass : #Animal,
	#category : #'Zoo-Farm'
}

{ #category : #accessing }
Cow >> sound [
	^ 'moo ]' , (String with: $])
]
END
cat >src/Zoo/ZooAnimal.class.st <<'END'
Class { #name : 'Animal', #superclass : 'Object', #instVars : [ 'name' ], #classVars : [ 'Count' ], #category : 'Zoo', #package : 'Zoo' }

{ #category : 'class initialization' }
Animal class >> initialize [
	Count := 7
]

{ #category : 'accessing' }
Animal class >> count [ ^ Count ]
END
printf "Extension { #name : #Integer }\n\n{ #category : #'*Zoo' }\nInteger >> cows [\n\t^ Array new: self withAll: Cow new\n]\n" >src/Zoo/Integer.extension.st
printf "Class { #name : #BaselineOfZoo, #superclass : #BaselineOf, #category : #BaselineOfZoo }\n" >src/BaselineOfZoo/BaselineOfZoo.class.st
printf "Class { #name : #CowTest, #superclass : #TestCase, #category : #'Zoo-Tests' }\n\n{ #category : #tests }\nCowTest >> testSound [\n\tself assert: Cow new sound equals: 'moo ]]'\n]\n" >src/Zoo-Tests/CowTest.class.st

check "a folder of packages is loaded" "3 classes, 5 methods loaded" "$VIV" load src --save-as zoo.image
check "and the image has its code" "'moo ]]'" "$VIV" eval zoo.image --print store '3 cows first sound'
check "and its classes were initialized" 7 "$VIV" eval zoo.image 'Cow count'
check "and its tests run" "ok CowTest 1
1 passed, 0 failed" "$VIV" test zoo.image --package Zoo-Tests
check "older headers give package and tag" "Zoo Farm" "$VIV" eval zoo.image 'Cow packageName , '"' '"' , Cow packageTag name'
check "a single package is loaded" "2 classes, 4 methods loaded" "$VIV" load src/Zoo
check "a dry run changes nothing" "2 classes, 4 methods would be loaded" "$VIV" load src/Zoo --dry-run --save-as dry.image
check_status "and saves nothing" 1 test -e dry.image

# FileTree and chunks.
mkdir -p Farm.package/Pig.class/instance Farm.package/Pig.class/class
echo '{ "super" : "Object", "instvars" : [ "name" ], "name" : "Pig", "category" : "Farm" }' >Farm.package/Pig.class/properties.json
printf "accessing\nsound\n\t^ 'oink'" >Farm.package/Pig.class/instance/sound.st
printf "instance creation\nnamed: aString\n\t^ self new" >Farm.package/Pig.class/class/named..st
check "a package of FileTree is loaded" "1 class, 2 methods loaded" "$VIV" load Farm.package --save-as farm.image
check "and works" oink "$VIV" eval farm.image '(Pig named: 3) sound'
cat >dog.st <<'END'
'From Squeak6.0 of 5 July 2022'!
Object subclass: #Dog
	instanceVariableNames: 'name'
	classVariableNames: ''
	poolDictionaries: ''
	category: 'Farm-Dogs'!
!Dog commentStamp: 'ab 1/1/2020 10:00' prior: 0!
I don't bite!!!
!Dog methodsFor: 'accessing' stamp: 'ab 1/1/2020'!
name: aString
	name := aString!

speak
	^ name , ' says woof!!'! !
Smalltalk at: #Rex put: (Dog new name: 'Rex'; yourself)!
END
sed 's/$/\r/' dog.st >dog-crlf.st
check "a file of chunks is loaded" "1 class, 2 methods loaded" "$VIV" load dog.st --save-as dog.image
check "and its expressions are evaluated" "Rex says woof!" "$VIV" eval dog.image 'Rex speak'
check "several paths are loaded together" "4 classes, 8 methods loaded" "$VIV" load src/Zoo Farm.package dog-crlf.st
printf 'Object subclass: Goat [ | a | <comment: %s> bleat [ ^ 3 ] ]\n' "'I bleat'" >goat.st
check "a file of bodies in brackets is loaded" "1 class, 1 method loaded" "$VIV" load goat.st

# What is wrong.
mkdir bad
printf "Class { #name : #Good, #superclass : #Object, #category : #Bad }\n\n{ #category : #a }\nGood >> fine [ ^ 1 ]\n\n{ #category : #a }\nGood >> faulty [\n\t^ 3 +\n]\n\n{ #category : #a }\nGood >> useZork [ ^ Zork ]\n" >bad/Good.class.st
printf "Class { #name : #Lost, #superclass : #Nowhere, #category : #Bad }\n" >bad/Lost.class.st
check_match "a missing superclass is said with its place" 4 '^bad/Lost.class.st:1:1: the superclass Nowhere of Lost is missing$' "$VIV" load bad --save-as bad.image
check_status "and nothing is saved" 1 test -e bad.image
check_match "keeping going leaves out what is wrong" 0 '^1 class, 3 methods loaded$' "$VIV" load bad --keep-going --report report.json --save-as bad.image
check "what is right works" 1 "$VIV" eval bad.image 'Good new fine'
check "what is faulty signals its error" "bad/Good.class.st:8:7: an expression is missing" \
    "$VIV" eval bad.image '[ Good new faulty ] on: Error do: [ :error | error messageText ]'
check_match "the report names failed methods" 0 '"failedMethods":\[\{"class":"Good","selector":"faulty","file":"bad/Good.class.st","line":8,"column":7,' cat report.json
check_match "and undeclared names" 0 '"undeclared":\[\{"name":"Zork","methods":\["Good>>#useZork"\]\}\]' cat report.json
check_match "and skipped classes" 0 '"skippedClasses":\[\{"class":"Lost",' cat report.json
check_match "an undeclared name is a warning" 0 '^bad/Good.class.st:12:21: warning: Zork is not defined$' "$VIV" load bad --keep-going
printf "Object subclass: #A! A subclass: #B! B subclass: #A!" >cycle.st
check_match "a cycle is said" 4 '^cycle.st:1:[0-9]+: the hierarchy of A is a cycle$' "$VIV" load cycle.st
printf "Object subclass: #Array instanceVariableNames: '' classVariableNames: '' package: 'Mine'!" >array.st
check_match "a clash of names is said" 4 '^array.st:1:1: Array is a class of the package Collections$' "$VIV" load array.st
printf "Class { #name : #Bytes\xff }\n" >Bytes.class.st
check_match "bytes that are no text are said" 4 '^Bytes.class.st:1:23: the byte 255 at offset 22 is no UTF-8$' "$VIV" load Bytes.class.st
check_match "a path that is not there is a usage error" 2 'there is no file or folder nowhere' "$VIV" load nowhere
check_match "an address is a usage error" 2 'only files and folders can be loaded' "$VIV" load https://example.org/x
check_status "no path is a usage error" 2 "$VIV" load
check_status "an unknown option is a usage error" 2 "$VIV" load dog.st --zork

# A lock file.
check_status "a lock file is written" 0 "$VIV" load dog.st --lock lock.json
check_match "and names the path" 0 '"dog.st": [0-9]+' cat lock.json
check_status "the same code loads again" 0 "$VIV" load dog.st --lock lock.json --offline
echo '"more"!' >>dog.st
check_match "other code does not" 2 'dog.st is not the code that the lock file' "$VIV" load dog.st --lock lock.json

# Into an image of one's own.
cp zoo.image mine.image
check "an image takes code with --save" "1 class, 1 method loaded" "$VIV" load mine.image goat.st --save
check "and has it from then on" 3 "$VIV" eval mine.image 'Goat new bleat'
check "beside what it had" 7 "$VIV" eval mine.image 'Cow count'
